/** A string, or any one bracket, brace, colon or comma. What else JSON has needs no looking at. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],]/g

/**
 * Finds a name that stands twice in one object of a JSON text, which `JSON.parse` would silently let the last one win.
 *
 * @param text - valid JSON.
 * @returns the first such name, or null.
 */
export function duplicateKey(text: string): string | null {
  // The names seen in each object that is open, innermost last; null for an array.
  const open: (Set<string> | null)[] = []
  let expectsName = false
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : null)
      expectsName = token === '{'
    } else if (token === '}' || token === ']') {
      open.pop()
    } else if (token === ',') {
      expectsName = open.at(-1) !== null
    } else if (expectsName) {
      const names = open.at(-1) as Set<string>
      const name = JSON.parse(token) as string
      if (names.has(name)) return name
      names.add(name)
      expectsName = false
    }
  }
  return null
}
