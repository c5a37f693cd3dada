/** What an element is made of: its attributes, then its children. */
type Child = Node | string | null

/** Makes an element: `element('p', { class: 'note' }, 'text')`. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children.filter((child) => child !== null))
  return made
}

/** The value of a CSS variable, as the theme at hand has it. */
export function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/** Thousands apart: `61,706`. */
export const count = (value: number): string => value.toLocaleString('en')

/** A share as per cent, unbroken. */
export const percent = (share: number, digits = 2): string => `${(100 * share).toFixed(digits)}\u00a0%`

/** A number with as many figures as one reads: `0.0123`, `1.2e-7`. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1)
  return String(Number(value.toPrecision(4)))
}

/** Bytes with three figures: `12.3 MiB`. */
export function bytes(value: number): string {
  const power = value < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(value) / 10))
  return `${Number((value / 1024 ** power).toPrecision(3))} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`
}

/** `1 min 5 s`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`
}
