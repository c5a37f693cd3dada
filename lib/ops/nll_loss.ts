import { needsGrad, record } from '../autograd/node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { sizeOf } from '../util/shape.ts'
import { expectFloat } from './dense.ts'
import { fromArray } from './integer.ts'
import {
  checkClassWeight,
  checkIgnoreIndex,
  checkReduction,
  classRows,
  type Reduction,
  readTargets,
  targetShape,
} from './targets.ts'

export interface NllLossOptions {
  /** Weight per class `[C]`, 1 when absent. */
  weight?: Tensor | null
  /** Class index whose rows do not count, −100 by default. */
  ignoreIndex?: number
  /** `mean` (the default) divides by the sum of the weights of the rows' classes; or `sum`, or `none`. */
  reduction?: Reduction
}

/**
 * Negative log-likelihood: `loss = −weight[t] · input[t]` with `t` the class of a row.
 *
 * @param input log-probabilities `[N, C]`, `[N, C, ...spatial]` or `[C]`
 * @param target class indices `[N]`, `[N, ...spatial]` or `[]` as int32, int64 or uint8
 * @returns `[]`, or the target's shape with `reduction: 'none'`
 * @throws {ShapeError} when the target does not fit the input.
 * @throws {RangeError} for an index that is no class, before anything is computed.
 */
export function nllLoss(input: Tensor, target: Tensor, options: NllLossOptions = {}): Tensor {
  expectFloat('nllLoss', 'input', input)
  const reduction = checkReduction('nllLoss', options.reduction ?? 'mean')
  const ignoreIndex = checkIgnoreIndex('nllLoss', options.ignoreIndex ?? -100)
  checkClassWeight('nllLoss', options.weight ?? null, input)
  const targets = readTargets('nllLoss', input, target, ignoreIndex)
  const classWeights = options.weight?.toTypedArray() ?? null
  const { shape } = input
  const at = positions(shape, targets)
  // One element per row is read, which needs no kernel of its own.
  const weights = Float64Array.from(targets, (index) =>
    index === ignoreIndex ? 0 : Number(classWeights?.[index] ?? 1),
  )
  const divisor = reduction === 'mean' ? weights.reduce((sum, value) => sum + value, 0) : 1
  const scores = input.toTypedArray() as Float32Array
  const losses = Float64Array.from(weights, (value, row) => (value === 0 ? 0 : -value * scores[at[row]]))
  const output =
    reduction === 'none'
      ? fromArray(Float32Array.from(losses), targetShape(shape), 'float32')
      : fromArray(Float32Array.of(losses.reduce((sum, value) => sum + value, 0) / divisor), [], 'float32')
  if (needsGrad(input)) {
    record('nllLoss', output, [input], null, (gradOutput) => {
      const grads = gradOutput.toTypedArray() as Float32Array
      const gradInput = new Float32Array(sizeOf(shape))
      weights.forEach((value, row) => {
        if (value !== 0) gradInput[at[row]] = (-value * grads[reduction === 'none' ? row : 0]) / divisor
      })
      return [fromArray(gradInput, shape, 'float32')]
    })
  }
  return output
}

/** Where each row's score lies in the row-major elements of `[N, C, ...spatial]`. */
function positions(shape: readonly number[], targets: Int32Array): Float64Array {
  const { classes } = classRows(shape)
  const spatial = sizeOf(shape.slice(2))
  return Float64Array.from(targets, (index, row) => {
    const image = Math.floor(row / spatial)
    return (image * classes + index) * spatial + (row % spatial)
  })
}
