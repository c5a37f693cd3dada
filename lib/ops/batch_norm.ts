import { anyNeedsGrad, record, type SavedTensor, save, saveOwned } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { BatchNormProblem } from '../reference/index.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkFinite, checkNonNegative } from '../util/check.ts'
import { ShapeError, StateError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { disposeCopy, expectFloat, inFormat, withStrides } from './dense.ts'

export interface BatchNormOptions {
  /** Scale per channel `[C]`, 1 when absent. */
  weight?: Tensor | null
  /** Shift per channel `[C]`, 0 when absent. */
  bias?: Tensor | null
  /** Whether the batch's own statistics are used and the running ones updated, `false` by default. */
  training?: boolean
  /** Share of the new value in the running statistics, 0.1 by default. */
  momentum?: number
  /** Added to the variance, 1e-5 by default. */
  eps?: number
}

/** The checked arguments of a batch normalization. */
interface Arguments {
  problem: BatchNormProblem
  weight: Tensor | null
  bias: Tensor | null
  runningMean: Tensor | null
  runningVar: Tensor | null
}

/**
 * Batch normalization over all dimensions but the second:
 *
 * `output = (input − mean) / √(var + eps) · weight + bias`
 *
 * In training, mean and biased variance are the batch's, and `running ← (1 − momentum) · running + momentum · batch`, with
 * the unbiased variance; otherwise they are the running ones.
 *
 * @param input `[N, C]` or `[N, C, ...spatial]`
 * @param runningMean `[C]`, changed in place in training; null in training keeps none
 * @param runningVar `[C]`, likewise
 * @returns the input's shape, channels-last in memory
 * @throws {ShapeError} when a `[C]` does not fit, or a channel has a single value in training.
 * @throws {RangeError} when `eps` or `momentum` is no such number.
 *
 * Source: Ioffe and Szegedy, "Batch Normalization", 2015; semantics of torch.nn.functional.batch_norm.
 */
export function batchNorm(
  input: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormOptions = {},
): Tensor {
  const args = checkArguments(input, runningMean, runningVar, options)
  const source = inFormat('batchNorm', input, 'channelsLast')
  const output = options.training ? train(args, input, source) : evaluate(args, input, source)
  disposeCopy(source, input)
  return output
}

const buffer = (input: Tensor | null) => (input === null ? null : input.buffer('batchNorm'))

function train(args: Arguments, input: Tensor, source: Tensor): Tensor {
  const { problem, weight, bias, runningMean, runningVar } = args
  const { c } = problem
  // Outside any scope: under recording they belong to the tape.
  const [mean, rstd] = untracked(() => [emptyTensor([c], 'float32'), emptyTensor([c], 'float32')])
  const output = emptyTensor(source.shape, 'float32', source.strides)
  const inputs = [
    source.buffer('batchNorm'),
    buffer(weight),
    buffer(bias),
    buffer(runningMean),
    buffer(runningVar),
  ] as const
  const outputs = [mean.buffer('batchNorm'), rstd.buffer('batchNorm'), output.buffer('batchNorm')] as const
  backend().kernels.batchNormForward(problem, ...inputs, ...outputs)
  for (const running of [runningMean, runningVar]) if (running !== null) running.storage.version++
  if (anyNeedsGrad([input, weight, bias])) {
    const saved = [save('batchNorm', source), saveOwned('batchNorm', mean), saveOwned('batchNorm', rstd)]
    recordBatchNorm('batchNormBackward', args, input, output, saved)
  } else {
    mean.dispose()
    rstd.dispose()
  }
  return output
}

function evaluate(args: Arguments, input: Tensor, source: Tensor): Tensor {
  const { problem, weight, bias } = args
  const mean = args.runningMean as Tensor
  const variance = args.runningVar as Tensor
  const statistics = [mean.buffer('batchNorm'), variance.buffer('batchNorm')] as const
  const output = emptyTensor(source.shape, 'float32', source.strides)
  if (output.size > 0) {
    backend().kernels.batchNormEvalForward(
      problem,
      source.buffer('batchNorm'),
      ...statistics,
      buffer(weight),
      buffer(bias),
      output.buffer('batchNorm'),
    )
  }
  if (anyNeedsGrad([input, weight, bias])) {
    const saved = [save('batchNorm', source), save('batchNorm', mean), save('batchNorm', variance)]
    recordBatchNorm('batchNormEvalBackward', args, input, output, saved)
  }
  return output
}

/** Both backward forms read the input and two statistics per channel, and give the same three gradients. */
function recordBatchNorm(
  kernel: 'batchNormBackward' | 'batchNormEvalBackward',
  { problem, weight, bias }: Arguments,
  input: Tensor,
  output: Tensor,
  saved: SavedTensor[],
): void {
  const needsInput = input.requiresGrad
  const needsWeight = weight?.requiresGrad ?? false
  const needsBias = bias?.requiresGrad ?? false
  const [savedInput, savedFirst, savedSecond] = saved
  const savedWeight = weight === null ? null : save('batchNorm', weight)
  const all = savedWeight === null ? saved : [...saved, savedWeight]
  record('batchNorm', output, [input, weight, bias], all, (gradOutput) => {
    const source = savedInput.get()
    const grad = withStrides('batchNorm', gradOutput, source.strides)
    const gradInput = emptyTensor(source.shape, 'float32', source.strides)
    const gradWeight = needsWeight ? emptyTensor([problem.c], 'float32') : null
    const gradBias = needsBias ? emptyTensor([problem.c], 'float32') : null
    const read = [source, grad, savedFirst.get(), savedSecond.get()].map((item) => item.buffer('batchNorm'))
    const [a, b, c, d] = read
    const scale = buffer(savedWeight?.get() ?? null)
    backend().kernels[kernel](
      problem,
      a,
      b,
      c,
      d,
      scale,
      gradInput.buffer('batchNorm'),
      buffer(gradWeight),
      buffer(gradBias),
    )
    return [needsInput ? gradInput : null, gradWeight, gradBias]
  })
}

function checkArguments(
  input: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormOptions,
): Arguments {
  expectFloat('batchNorm', 'input', input)
  if (input.ndim < 2) {
    throw new ShapeError(
      `batchNorm: expected input of at least 2 dimensions [N, C, ...], got ${input.ndim}; input ${formatShape(input.shape)}`,
    )
  }
  const eps = checkNonNegative('batchNorm', 'eps', options.eps ?? 1e-5)
  const momentum = checkFinite('batchNorm', 'momentum', options.momentum ?? 0.1)
  const weight = options.weight ?? null
  const bias = options.bias ?? null
  const c = input.shape[1]
  checkChannels('weight', weight, input)
  checkChannels('bias', bias, input)
  checkChannels('runningMean', runningMean, input)
  checkChannels('runningVar', runningVar, input)
  const rows = c === 0 ? 0 : input.size / c
  if (options.training && rows <= 1) {
    throw new ShapeError(
      `batchNorm: expected more than 1 value per channel when training, got input ${formatShape(input.shape)}; ` +
        'use a larger batch, or eval() to normalise with the running statistics',
    )
  }
  if (!options.training && (runningMean === null || runningVar === null)) {
    throw new StateError('batchNorm: expected runningMean and runningVar outside training, got null')
  }
  return { problem: { rows, c, eps, momentum }, weight, bias, runningMean, runningVar }
}

function checkChannels(name: string, value: Tensor | null, input: Tensor): void {
  if (value === null) return
  expectFloat('batchNorm', name, value)
  if (value.ndim !== 1 || value.shape[0] !== input.shape[1] || !value.isContiguous()) {
    throw new ShapeError(
      `batchNorm: expected ${name} to be contiguous of shape [${input.shape[1]}]; ` +
        `${name} ${formatShape(value.shape)}, input ${formatShape(input.shape)}`,
    )
  }
}
