import { binaryRaw, scalarRaw } from '../../ops/binary.ts'
import { reduceRaw } from '../../ops/reduce_raw.ts'
import { unaryRaw } from '../../ops/unary.ts'
import { untracked } from '../../tensor/scope.ts'
import type { Tensor } from '../../tensor/tensor.ts'

const OP = 'health'

/** The number in a tensor of one element, which is then disposed. */
function take(tensor: Tensor): number {
  const value = Number(tensor.item())
  tensor.dispose()
  return value
}

function reduced(op: 'sum' | 'mean' | 'var' | 'max', input: Tensor): number {
  return take(reduceRaw(op, input, [...input.shape.keys()]))
}

/** Runs an element-wise step and reduces what it makes, without keeping that. */
function through(made: Tensor, reduce: (made: Tensor) => number): number {
  const value = reduce(made)
  made.dispose()
  return value
}

// Squares of float32 below this have lost digits or are 0.
const SMALLEST_SQUARE = 1e-30

/** Euclidean norm `√Σ x²`, also of numbers whose squares no float32 can hold. */
export function normOf(input: Tensor): number {
  if (input.size === 0) return 0
  return untracked(() => {
    const sum = through(unaryRaw('square', input), (squares) => reduced('sum', squares))
    if (sum >= SMALLEST_SQUARE && Number.isFinite(sum)) return Math.sqrt(sum)
    const largest = through(unaryRaw('abs', input), (sizes) => reduced('max', sizes))
    if (largest === 0 || !Number.isFinite(largest)) return largest
    const scaled = scalarRaw(OP, 'div', input, largest)
    return largest * through(scaled, (values) => normOf(values))
  })
}

/** Euclidean norm of a difference. */
export function distanceOf(a: Tensor, b: Tensor): number {
  if (a.size === 0) return 0
  return untracked(() => through(binaryRaw(OP, 'sub', a, b), normOf))
}

/** Mean and standard deviation of all elements. */
export function momentsOf(input: Tensor): [mean: number, std: number] {
  return untracked(() => [reduced('mean', input), Math.sqrt(reduced('var', input))])
}

/** Marks the channels, or the features of `[N, features]`, that are positive anywhere. */
export function markAlive(output: Tensor, alive: Uint8Array): void {
  untracked(() => {
    const unit = output.ndim > 1 ? 1 : 0
    const dims = [...output.shape.keys()].filter((dim) => dim !== unit)
    const largest = dims.length === 0 ? null : reduceRaw('max', output, dims)
    const values = (largest ?? output).toTypedArray() as Float32Array
    values.forEach((value, i) => {
      if (value > 0) alive[i] = 1
    })
    largest?.dispose()
  })
}
