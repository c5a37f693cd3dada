import { anyNeedsGrad, needsGrad, record, save, saveOwned } from '../autograd/node.ts'
import type { BufferRef } from '../kernels/backend.ts'
import { backend } from '../kernels/select.ts'
import type { CrossEntropyProblem } from '../reference/index.ts'
import { fillElements } from '../tensor/create.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkUnitInterval } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape, sameShape } from '../util/shape.ts'
import { disposeCopy, expectFloat, expectTensor, inFormat } from './dense.ts'
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

/** How rows and classes are weighed, which rows count, and how their losses are joined. */
export interface CrossEntropyOptions {
  /** Weight per class `[C]`, 1 when absent. */
  weight?: Tensor | null
  /** Class index whose rows do not count, −100 by default; not for targets given as probabilities. */
  ignoreIndex?: number
  /** Share of the target spread evenly over all classes, in [0, 1], 0 by default. */
  labelSmoothing?: number
  /**
   * `mean` (the default) divides by the sum of the weights of the rows' classes, for targets given as probabilities by the
   * number of rows; or `sum`, or `none`, which keeps one loss per row.
   */
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
  expectTensor('crossEntropy', 'target', target)
  const weight = options.weight ?? null
  const reduction = checkReduction('crossEntropy', options.reduction ?? 'mean')
  const labelSmoothing = checkUnitInterval('crossEntropy', 'labelSmoothing', options.labelSmoothing ?? 0)
  checkClassWeight('crossEntropy', weight, input)
  const ignoreIndex = checkIgnoreIndex('crossEntropy', options.ignoreIndex ?? -100)
  const { rows, classes } = input.ndim === 0 ? { rows: 0, classes: 0 } : classRows(input.shape)
  const problem = { rows, c: classes, ignoreIndex, labelSmoothing, reduction }
  if (target.dtype === 'float32') return ofProbabilities(problem, input, target, weight)
  return ofIndices(problem, input, readTargets('crossEntropy', input, target, ignoreIndex), weight)
}

const buffer = (input: Tensor) => input.buffer('crossEntropy')

function ofIndices(problem: CrossEntropyProblem, input: Tensor, indices: Int32Array, weight: Tensor | null): Tensor {
  const output = emptyTensor(problem.reduction === 'none' ? targetShape(input.shape) : [], 'float32')
  if (problem.rows === 0) return ofNothing(problem, output, [input])
  const source = inFormat('crossEntropy', input, 'channelsLast')
  const row = weight === null ? null : inFormat('crossEntropy', weight, 'rowMajor')
  // Outside any scope: under recording these belong to the tape.
  const [target, lse, total] = untracked(() => [
    fromArray(indices, [problem.rows], 'int32'),
    emptyTensor([problem.rows, 2], 'float32'),
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

function ofProbabilities(problem: CrossEntropyProblem, input: Tensor, target: Tensor, weight: Tensor | null): Tensor {
  if (input.ndim === 0 || !sameShape(input.shape, target.shape)) {
    throw new ShapeError(
      'crossEntropy: expected probabilities shaped like the input, or class indices as integers; ' +
        `input ${formatShape(input.shape)}, target ${formatShape(target.shape)}`,
    )
  }
  const output = emptyTensor(problem.reduction === 'none' ? targetShape(input.shape) : [], 'float32')
  if (problem.rows === 0) return ofNothing(problem, output, [input, target])
  const source = inFormat('crossEntropy', input, 'channelsLast')
  const shares = inFormat('crossEntropy', target, 'channelsLast')
  const row = weight === null ? null : inFormat('crossEntropy', weight, 'rowMajor')
  const lse = untracked(() => emptyTensor([problem.rows, 2], 'float32'))
  const inputs = [buffer(source), buffer(shares), row === null ? null : buffer(row)] as const
  backend().kernels.softCrossEntropyForward(problem, ...inputs, buffer(output), buffer(lse))
  if (anyNeedsGrad([input, target])) {
    const wanted = [input, target].map(needsGrad)
    const saved = [save('crossEntropy', source), save('crossEntropy', shares), saveOwned('crossEntropy', lse)]
    if (row !== null) saved.push(save('crossEntropy', row))
    record('crossEntropy', output, [input, target], saved, (gradOutput) => {
      const [logits, probabilities, lses, scale] = saved.map((item) => item.get())
      const grad = inFormat('crossEntropy', gradOutput, 'rowMajor')
      const gradLike = (like: Tensor, is: boolean) => (is ? emptyTensor(like.shape, 'float32', like.strides) : null)
      const grads = [gradLike(logits, wanted[0]), gradLike(probabilities, wanted[1])]
      const values = [logits, probabilities, scale ?? null, lses, ...grads].map((item) => item && buffer(item))
      const [a, b, c, d, e, f] = values as [BufferRef, BufferRef, BufferRef | null, BufferRef, ...(BufferRef | null)[]]
      backend().kernels.softCrossEntropyBackward(problem, buffer(grad), a, b, c, d, e, f)
      return grads
    })
  } else lse.dispose()
  disposeCopy(source, input)
  disposeCopy(shares, target)
  if (row !== null && weight !== null) disposeCopy(row, weight)
  return output
}

/** No rows at all: the mean is 0 / 0, the sum 0. */
function ofNothing(problem: CrossEntropyProblem, output: Tensor, inputs: Tensor[]): Tensor {
  fillElements('crossEntropy', output, problem.reduction === 'mean' ? Number.NaN : 0)
  if (anyNeedsGrad(inputs)) {
    record('crossEntropy', output, inputs, null, () => inputs.map(({ shape }) => emptyTensor(shape, 'float32')))
  }
  return output
}
