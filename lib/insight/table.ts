/** A column of a table: its heading and whether numbers in it stand at the right. */
export interface Column {
  heading: string
  right?: boolean
}

/** Lines of a table with a rule under the headings and another at the end. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ heading }, i) => Math.max(heading.length, ...rows.map((row) => row[i].length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (columns[i].right ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd()
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1)))
  return [line(columns.map(({ heading }) => heading)), rule, ...rows.map(line), rule]
}

/** A whole number with separators: `1,814,073,344`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** A number of bytes with three figures: `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${UNITS[unit]}`
}

/** One number where all are equal, else all of them: `3`, `3x5`. */
export function formatSizes(sizes: readonly number[]): string {
  const rounded = sizes.map((size) => Number(size.toFixed(2)))
  return rounded.every((size) => size === rounded[0]) ? String(rounded[0]) : rounded.join('x')
}
