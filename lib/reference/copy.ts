/** A strided copy; strides in elements, `itemSize` in bytes. A stride of 0 in the input repeats it. */
export interface CopyProblem {
  itemSize: 1 | 4 | 8
  shape: readonly number[]
  inputStrides: readonly number[]
  outputStrides: readonly number[]
}
