/**
 * Makes the columns of a matrix orthonormal: the factor Q of `matrix = Q · R` whose R has a positive diagonal, by
 * Householder reflections in float64. For independent normal elements every such Q is equally likely.
 *
 * Each column's reflection `I − 2·v·vᵀ` maps what is left of the column onto a multiple of a unit vector; Q is their
 * product, applied to the first columns of the identity from the last reflection to the first.
 *
 * @param matrix `[rows, columns]`, row-major, with at least as many rows as columns; overwritten
 * @returns Q, `[rows, columns]`, row-major
 */
export function orthonormalColumns(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const reflections: Float64Array[] = []
  const signs = new Float64Array(columns)
  for (let c = 0; c < columns; c++) {
    const v = new Float64Array(rows)
    for (let r = c; r < rows; r++) v[r] = matrix[r * columns + c]
    // Away from zero, so that nothing cancels; the diagonal of R becomes −sign · norm.
    const sign = v[c] < 0 ? -1 : 1
    v[c] += sign * normOf(v)
    signs[c] = -sign
    const length = normOf(v)
    if (length > 0) for (let r = c; r < rows; r++) v[r] /= length
    reflect(matrix, v, rows, columns, c)
    reflections.push(v)
  }
  const result = new Float64Array(rows * columns)
  for (let c = 0; c < columns; c++) result[c * columns + c] = signs[c]
  for (let c = columns - 1; c >= 0; c--) reflect(result, reflections[c], rows, columns, c)
  return result
}

function normOf(v: Float64Array): number {
  return Math.sqrt(v.reduce((sum, value) => sum + value * value, 0))
}

/**
 * `matrix −= 2 · v · (vᵀ · matrix)`, for `v` that is 0 before element `first`; the columns before that one are either
 * finished or 0 where `v` is not.
 */
function reflect(matrix: Float64Array, v: Float64Array, rows: number, columns: number, first: number): void {
  const products = new Float64Array(columns)
  for (let r = first; r < rows; r++) {
    for (let c = first; c < columns; c++) products[c] += v[r] * matrix[r * columns + c]
  }
  for (let r = first; r < rows; r++) {
    for (let c = first; c < columns; c++) matrix[r * columns + c] -= 2 * v[r] * products[c]
  }
}
