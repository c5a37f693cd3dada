/** Lines of text cells as an aligned table: the first `leftColumns` columns flush left, numbers flush right. */
export function formatTable(lines: readonly (readonly string[])[], leftColumns: number): string {
  const widths: number[] = []
  for (const cells of lines) {
    cells.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
    })
  }
  return lines.map((cells) => formatLine(cells, widths, leftColumns)).join('\n')
}

/** One line of a table whose column widths are known beforehand, as while results come in. */
export function formatLine(cells: readonly string[], widths: readonly number[], leftColumns: number): string {
  const padded = cells.map((cell, column) => {
    const width = widths[column] ?? 0
    return column < leftColumns ? cell.padEnd(width) : cell.padStart(width)
  })
  return padded.join('  ').trimEnd()
}

/** Three significant digits, `-` for what was not measured. */
export function number(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-'
  if (value >= 100) return value.toFixed(0)
  return Number(value.toPrecision(3)) >= 10 ? value.toFixed(1) : value.toPrecision(3)
}

/** A ratio, as in `2.31x`. */
export function ratio(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '-' : `${value.toFixed(2)}x`
}
