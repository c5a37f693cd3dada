import { needsGrad, record, save, saveOwned } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { CrossEntropyProblem } from '../reference/index.ts'
import { fillElements } from '../tensor/create.ts'
import { composed, untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkUnitInterval } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape, sameShape } from '../util/shape.ts'
import './arithmetic.ts'
import './reduce.ts'
import './unary.ts'
import './views.ts'
import { disposeCopy, expectFloat, inFormat } from './dense.ts'
import { fromArray } from './integer.ts'
import { logSoftmax } from './log_softmax.ts'
import {
  checkClassWeight,
  checkIgnoreIndex,
  checkReduction,
  classRows,
  type Reduction,
  readTargets,
  targetShape,
} from './targets.ts'

export interface CrossEntropyOptions {
  /** Weight per class `[C]`, 1 when absent. */
  weight?: Tensor | null
  /** Class index whose rows do not count, −100 by default; not for targets given as probabilities. */
  ignoreIndex?: number
  /** Share of the target spread evenly over all classes, 0 by default. */
  labelSmoothing?: number
  /** `mean` (the default) divides by the sum of the weights of the rows' classes; or `sum`, or `none`. */
  reduction?: Reduction
}

/**
 * Cross entropy between scores and classes. With `t` the class of a row and `s` the label smoothing,
 *
 * `loss = (1 − s) · weight[t] · (lse − input[t]) + s / C · Σ_k weight[k] · (lse − input[k])`, `lse = log Σ_k exp(input[k])`,
 *
 * or, for a target of probabilities, `loss = −Σ_k weight[k] · target'[k] · (input[k] − lse)`, `target' = (1 − s) · target + s / C`.
 *
 * ```ts
 * crossEntropy(model.forward(images), labels).backward()
 * ```
 *
 * @param input scores `[N, C]`, `[N, C, ...spatial]` or `[C]`
 * @param target class indices `[N]`, `[N, ...spatial]` or `[]` as int32, int64 or uint8, or float32 probabilities shaped
 *   like the input
 * @returns `[]`, or the shape of the class indices with `reduction: 'none'`; the mean over no rows is NaN
 * @throws {ShapeError} when the target does not fit the input.
 * @throws {RangeError} for an index that is no class, before anything is computed.
 */
export function crossEntropy(input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  expectFloat('crossEntropy', 'input', input)
  const weight = options.weight ?? null
  const reduction = checkReduction('crossEntropy', options.reduction ?? 'mean')
  const labelSmoothing = checkUnitInterval('crossEntropy', 'labelSmoothing', options.labelSmoothing ?? 0)
  checkClassWeight('crossEntropy', weight, input)
  if (target.dtype === 'float32') return ofProbabilities(input, target, weight, labelSmoothing, reduction)
  const ignoreIndex = checkIgnoreIndex('crossEntropy', options.ignoreIndex ?? -100)
  const indices = readTargets('crossEntropy', input, target, ignoreIndex)
  const { rows, classes } = classRows(input.shape)
  return ofIndices({ rows, c: classes, ignoreIndex, labelSmoothing, reduction }, input, indices, weight)
}

const buffer = (input: Tensor) => input.buffer('crossEntropy')

function ofIndices(problem: CrossEntropyProblem, input: Tensor, indices: Int32Array, weight: Tensor | null): Tensor {
  const output = emptyTensor(problem.reduction === 'none' ? targetShape(input.shape) : [], 'float32')
  if (problem.rows === 0) {
    // The mean over no rows is 0 / 0.
    fillElements('crossEntropy', output, problem.reduction === 'mean' ? Number.NaN : 0)
    if (needsGrad(input)) record('crossEntropy', output, [input], null, () => [emptyTensor(input.shape, 'float32')])
    return output
  }
  const source = inFormat('crossEntropy', input, 'channelsLast')
  const row = weight === null ? null : inFormat('crossEntropy', weight, 'rowMajor')
  // Outside any scope: under recording these belong to the tape.
  const [target, lse, total] = untracked(() => [
    fromArray(indices, [problem.rows], 'int32'),
    emptyTensor([problem.rows], 'float32'),
    emptyTensor([], 'float32'),
  ])
  const inputs = [buffer(source), buffer(target), row === null ? null : buffer(row)] as const
  backend().kernels.crossEntropyForward(problem, ...inputs, buffer(output), buffer(lse), buffer(total))
  if (needsGrad(input)) {
    const savedInput = save('crossEntropy', source)
    const savedWeight = row === null ? null : save('crossEntropy', row)
    const owned = [target, lse, total].map((item) => saveOwned('crossEntropy', item))
    const saved = [savedInput, ...owned, ...(savedWeight === null ? [] : [savedWeight])]
    record('crossEntropy', output, [input], saved, (gradOutput) => {
      const logits = savedInput.get()
      const grad = inFormat('crossEntropy', gradOutput, 'rowMajor')
      const gradInput = emptyTensor(logits.shape, 'float32', logits.strides)
      const scale = savedWeight === null ? null : buffer(savedWeight.get())
      const [targets, lses, totals] = owned.map((item) => buffer(item.get()))
      const values = [buffer(grad), buffer(logits), targets, scale, lses, totals] as const
      backend().kernels.crossEntropyBackward(problem, ...values, buffer(gradInput))
      return [gradInput]
    })
  } else for (const temporary of [target, lse, total]) temporary.dispose()
  disposeCopy(source, input)
  if (row !== null && weight !== null) disposeCopy(row, weight)
  return output
}

function ofProbabilities(
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  labelSmoothing: number,
  reduction: Reduction,
): Tensor {
  if (input.ndim === 0 || !sameShape(input.shape, target.shape)) {
    throw new ShapeError(
      'crossEntropy: expected probabilities shaped like the input, or class indices as integers; ' +
        `input ${formatShape(input.shape)}, target ${formatShape(target.shape)}`,
    )
  }
  return composed(() => {
    const dim = input.ndim === 1 ? 0 : 1
    const { rows, classes } = classRows(input.shape)
    const smooth = labelSmoothing === 0 ? target : target.mul(1 - labelSmoothing).add(labelSmoothing / classes)
    const terms = logSoftmax(input, dim).mul(smooth)
    const perClass = [...new Array<number>(dim).fill(1), classes, ...new Array<number>(input.ndim - dim - 1).fill(1)]
    const weighted = weight === null ? terms : terms.mul(weight.reshape(perClass))
    if (reduction === 'none') return weighted.sum(dim).neg()
    return reduction === 'sum' ? weighted.sum().neg() : weighted.sum().div(-rows)
  })
}
