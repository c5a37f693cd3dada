/** `output[r] = input[indices[r]]` over rows of `rowBytes` bytes; `indices` is int32. */
export interface GatherRowsProblem {
  rows: number
  sourceRows: number
  rowBytes: number
}
