/** Brackets, commas and beginnings of strings. What else JSON has needs no looking at. */
const TOKEN = /["{}[\],]/g

/**
 * Walks over a JSON text without building anything: `visit` is told every bracket, comma and string with its place.
 * Strings are skipped by their quotes, since a regular expression for them runs out of stack in long ones.
 */
function walk(text: string, visit: (token: string, start: number, end: number) => boolean): void {
  TOKEN.lastIndex = 0
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const end = match[0] === '"' ? endOfString(text, match.index) : match.index + 1
    if (!visit(match[0], match.index, end)) return
    TOKEN.lastIndex = end
  }
}

/** Position behind the quote that closes the string that begins at `start`; the text's end when none does. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text[end - 1 - escapes] === '\\') escapes++
    if (escapes % 2 === 0) return end + 1
  }
  return text.length
}

/**
 * Whether brackets in a text that may be JSON are nested deeper than `depth`. Looked at before parsing: millions of
 * brackets in each other, in a file of some megabytes, would take a parser gigabytes and minutes.
 */
export function isDeeperThan(text: string, depth: number): boolean {
  let open = 0
  walk(text, (token) => {
    if (token === '{' || token === '[') open++
    else if (token === '}' || token === ']') open--
    return open <= depth
  })
  return open > depth
}

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
  let duplicate: string | null = null
  walk(text, (token, start, end) => {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : null)
      expectsName = token === '{'
    } else if (token === '}' || token === ']') {
      open.pop()
    } else if (token === ',') {
      expectsName = open.at(-1) !== null
    } else if (expectsName) {
      const names = open.at(-1) as Set<string>
      const name = JSON.parse(text.slice(start, end)) as string
      if (names.has(name)) duplicate = name
      names.add(name)
      expectsName = false
    }
    return duplicate === null
  })
  return duplicate
}
