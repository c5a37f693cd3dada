import type { AnyArray } from './types.ts'

/** `output[r] = input[indices[r]]` over rows of `rowBytes` bytes; `indices` is int32. */
export interface GatherRowsProblem {
  rows: number
  sourceRows: number
  rowBytes: number
}

/**
 * `output[r] = input[indices[r]]`; `input` is `[sourceRows, rowBytes]` bytes, `output` `[rows, rowBytes]` bytes.
 *
 * @throws {RangeError} when an index lies outside `[0, sourceRows)`; nothing is written then.
 */
export function gatherRows(problem: GatherRowsProblem, input: AnyArray, indices: Int32Array, output: AnyArray): void {
  const { rows, sourceRows, rowBytes } = problem
  for (let r = 0; r < rows; r++) {
    if (indices[r] < 0 || indices[r] >= sourceRows) {
      throw new RangeError(`gather_rows: expected indices in [0, ${sourceRows}), got ${indices[r]} at position ${r}`)
    }
  }
  const from = new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
  const to = new Uint8Array(output.buffer, output.byteOffset, output.byteLength)
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < rowBytes; i++) to[r * rowBytes + i] = from[indices[r] * rowBytes + i]
  }
}
