/** A value as PyTorch prints it in a module's description. */
export function repr(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.length === 1 ? `(${repr(value[0])},)` : `(${value.map(repr).join(', ')})`
  if (typeof value === 'number' && value !== 0 && Math.abs(value) < 1e-4) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  return String(value)
}

/** A number that PyTorch keeps as a float: with a fraction even where it is whole. */
export function reprFloat(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : repr(value)
}

/** `name=value, …` of the settings that differ from their defaults. */
export function reprChanged(settings: Record<string, unknown>, defaults: Record<string, unknown>): string {
  return Object.entries(settings)
    .filter(([name, value]) => repr(value) !== repr(defaults[name]))
    .map(([name, value]) => `, ${name}=${repr(value)}`)
    .join('')
}

/** A module's description from its class, its settings and the descriptions of the modules inside. */
export function reprModule(name: string, extra: string, children: readonly string[]): string {
  const lines = [...(extra === '' ? [] : extra.split('\n')), ...children]
  if (children.length === 0 && lines.length <= 1) return `${name}(${extra})`
  return `${name}(\n  ${lines.join('\n  ')}\n)`
}
