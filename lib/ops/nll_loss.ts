import { needsGrad, record, save, saveOwned } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { NllLossProblem } from '../reference/index.ts'
import { fillElements } from '../tensor/create.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { disposeCopy, expectFloat, inFormat } from './dense.ts'
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

/** How classes are weighed, which rows count, and how their losses are joined. */
export interface NllLossOptions {
  /** Weight per class `[C]`, 1 when absent. */
  weight?: Tensor | null
  /** Class index whose rows do not count, −100 by default. */
  ignoreIndex?: number
  /**
   * `mean` (the default) divides by the sum of the weights of the rows' classes; or `sum`, or `none`, which keeps one
   * loss per row.
   */
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
  const indices = readTargets('nllLoss', input, target, ignoreIndex)
  const { rows, classes } = classRows(input.shape)
  return ofRows({ rows, c: classes, ignoreIndex, reduction }, input, indices, options.weight ?? null)
}

const buffer = (tensor: Tensor) => tensor.buffer('nllLoss')

function ofRows(problem: NllLossProblem, input: Tensor, indices: Int32Array, weight: Tensor | null): Tensor {
  const output = emptyTensor(problem.reduction === 'none' ? targetShape(input.shape) : [], 'float32')
  if (problem.rows === 0) {
    // The mean over no rows is 0 / 0.
    fillElements('nllLoss', output, problem.reduction === 'mean' ? Number.NaN : 0)
    if (needsGrad(input)) record('nllLoss', output, [input], null, () => [emptyTensor(input.shape, 'float32')])
    return output
  }
  const source = inFormat('nllLoss', input, 'channelsLast')
  const row = weight === null ? null : inFormat('nllLoss', weight, 'rowMajor')
  const [target, total] = untracked(() => [fromArray(indices, [problem.rows], 'int32'), emptyTensor([], 'float32')])
  const scale = row === null ? null : buffer(row)
  backend().kernels.nllLossForward(problem, buffer(source), buffer(target), scale, buffer(output), buffer(total))
  if (needsGrad(input)) {
    const { shape, strides } = source
    const saved = [target, total].map((item) => saveOwned('nllLoss', item))
    if (row !== null) saved.push(save('nllLoss', row))
    record('nllLoss', output, [input], saved, (gradOutput) => {
      const [targets, totals, weights] = saved.map((item) => buffer(item.get()))
      const grad = inFormat('nllLoss', gradOutput, 'rowMajor')
      const gradInput = emptyTensor(shape, 'float32', strides)
      backend().kernels.nllLossBackward(problem, buffer(grad), targets, weights ?? null, totals, buffer(gradInput))
      return [gradInput]
    })
  } else for (const temporary of [target, total]) temporary.dispose()
  disposeCopy(source, input)
  if (row !== null && weight !== null) disposeCopy(row, weight)
  return output
}
