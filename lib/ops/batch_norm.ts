import { anyNeedsGrad, record, type SavedTensor, save, saveOwned } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { BatchNormProblem } from '../reference/index.ts'
import { fillElements } from '../tensor/create.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkFinite, checkNonNegative } from '../util/check.ts'
import { ShapeError, StateError } from '../util/errors.ts'
import { formatShape, sameShape } from '../util/shape.ts'
import { add } from './arithmetic.ts'
import { disposeCopy, expectFloat, inFormat, withStrides } from './dense.ts'
import { fuses } from './fusion.ts'
import { relu } from './relu.ts'

/** Which statistics {@link batchNorm} uses, and the affine map behind it. */
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

/** What follows a batch normalization in the same pass over memory. */
export interface Behind {
  /** Added to the output; of the input's shape. */
  residual: Tensor | null
  /** Whether negative numbers become 0 after that. */
  relu: boolean
  /** Moments of the input, where the convolution that made it gathered them; they are used in training alone. */
  moments?: Tensor | null
}

/** The checked arguments of a batch normalization. */
interface Arguments {
  problem: BatchNormProblem
  input: Tensor
  weight: Tensor | null
  bias: Tensor | null
  runningMean: Tensor | null
  runningVar: Tensor | null
  residual: Tensor | null
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
  return batchNormThen(input, runningMean, runningVar, options, NOTHING)
}

const NOTHING: Behind = { residual: null, relu: false }

/**
 * `relu(batchNorm(input, …) + residual)` in one pass each way, without residual or ReLU where there is none. Backward
 * keeps one bit an element of the ReLU.
 *
 * @param behind.residual of the input's shape, or the steps are run one by one, as they all are with `STRIDED_FUSE=0`
 * @throws what the single ops throw.
 */
export function batchNormThen(
  input: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormOptions,
  { residual, relu: rectified, moments = null }: Behind,
): Tensor {
  const fits = residual === null || (sameShape(residual.shape, input.shape) && residual.dtype === 'float32')
  const alone = !fits || !fuses()
  const args = checkArguments(input, runningMean, runningVar, options, alone ? NOTHING : { residual, relu: rectified })
  const source = inFormat('batchNorm', input, 'channelsLast')
  const added = args.residual === null ? null : inFormat('batchNorm', args.residual, 'channelsLast')
  const output = options.training ? train(args, source, added, moments) : evaluate(args, source, added)
  disposeCopy(source, input)
  if (added !== null) disposeCopy(added, args.residual as Tensor)
  return alone ? oneByOne(output, residual, rectified) : output
}

/** The same steps as separate ops. */
function oneByOne(normalized: Tensor, residual: Tensor | null, rectified: boolean): Tensor {
  const sum = residual === null ? normalized : add(normalized, residual)
  if (sum !== normalized) normalized.dispose()
  if (!rectified) return sum
  const output = relu(sum)
  sum.dispose()
  return output
}

const buffer = (input: Tensor | null) => (input === null ? null : input.buffer('batchNorm'))

/** Room for the bits of a ReLU, where backward will ask for them. */
function makeBits({ problem, input, weight, bias, residual }: Arguments): Tensor | null {
  if (!problem.relu || !anyNeedsGrad([input, weight, bias, residual])) return null
  return untracked(() => emptyTensor([Math.ceil((problem.rows * problem.c) / 8)], 'uint8'))
}

function train(args: Arguments, source: Tensor, residual: Tensor | null, moments: Tensor | null): Tensor {
  const { problem, input, weight, bias, runningMean, runningVar } = args
  const { c } = problem
  // Outside any scope: under recording they belong to the tape.
  const [mean, rstd] = untracked(() => [emptyTensor([c], 'float32'), emptyTensor([c], 'float32')])
  const bits = makeBits(args)
  const output = emptyTensor(source.shape, 'float32', source.strides)
  backend().kernels.batchNormForward(
    problem,
    source.buffer('batchNorm'),
    buffer(moments),
    buffer(weight),
    buffer(bias),
    buffer(runningMean),
    buffer(runningVar),
    mean.buffer('batchNorm'),
    rstd.buffer('batchNorm'),
    buffer(residual),
    buffer(bits),
    output.buffer('batchNorm'),
  )
  for (const running of [runningMean, runningVar]) if (running !== null) running.storage.version++
  if (anyNeedsGrad([input, weight, bias, args.residual])) {
    const statistics = [saveOwned('batchNorm', mean), saveOwned('batchNorm', rstd)] as const
    recordBatchNorm('batchNormBackward', args, output, save('batchNorm', source), statistics, bits)
  } else {
    mean.dispose()
    rstd.dispose()
  }
  return output
}

function evaluate(args: Arguments, source: Tensor, residual: Tensor | null): Tensor {
  const { problem, input, weight, bias } = args
  const mean = args.runningMean as Tensor
  const variance = args.runningVar as Tensor
  const statistics = [mean.buffer('batchNorm'), variance.buffer('batchNorm')] as const
  const bits = makeBits(args)
  const output = emptyTensor(source.shape, 'float32', source.strides)
  if (output.size > 0) {
    backend().kernels.batchNormEvalForward(
      problem,
      source.buffer('batchNorm'),
      ...statistics,
      buffer(weight),
      buffer(bias),
      buffer(residual),
      buffer(bits),
      output.buffer('batchNorm'),
    )
  }
  if (anyNeedsGrad([input, weight, bias, args.residual])) {
    const saved = [save('batchNorm', mean), save('batchNorm', variance)] as const
    recordBatchNorm('batchNormEvalBackward', args, output, save('batchNorm', source), saved, bits)
  }
  return output
}

/** Both backward forms read the input and two statistics per channel, and give the same gradients. */
function recordBatchNorm(
  kernel: 'batchNormBackward' | 'batchNormEvalBackward',
  { problem, input, weight, bias, residual }: Arguments,
  output: Tensor,
  savedInput: SavedTensor,
  statistics: readonly [SavedTensor, SavedTensor],
  bits: Tensor | null,
): void {
  const needs = [input, weight, bias, residual].map((item) => item?.requiresGrad ?? false)
  const savedWeight = weight === null ? null : save('batchNorm', weight)
  const savedBits = bits === null ? null : saveOwned('batchNorm', bits)
  const saved = [savedInput, ...statistics, savedWeight, savedBits].filter((item) => item !== null)
  record('batchNorm', output, [input, weight, bias, residual], saved, (gradOutput, owned) => {
    const source = savedInput.get()
    const grad = withStrides('batchNorm', gradOutput, source.strides)
    const make = (wanted: boolean, like: Tensor | null): Tensor | null =>
      wanted && like !== null ? emptyTensor(like.shape, 'float32', like === source ? like.strides : undefined) : null
    // Without a ReLU between, the residual's gradient is that of the output, which must stay as it is then.
    const passesOn = needs[3] && !problem.relu
    const gradInput = (owned || grad !== gradOutput) && !passesOn ? grad : (make(true, source) as Tensor)
    const gradWeight = make(needs[1], weight)
    const gradBias = make(needs[2], bias)
    const gradResidual = make(needs[3] && problem.relu, source)
    if (problem.rows === 0) {
      // Sums over no elements; the kernel has nothing to run over.
      for (const sum of [gradWeight, gradBias]) if (sum !== null) fillElements('batchNorm', sum, 0)
      return [needs[0] ? gradInput : null, gradWeight, gradBias, passesOn ? gradOutput : gradResidual]
    }
    backend().kernels[kernel](
      problem,
      source.buffer('batchNorm'),
      grad.buffer('batchNorm'),
      statistics[0].get().buffer('batchNorm'),
      statistics[1].get().buffer('batchNorm'),
      buffer(savedWeight?.get() ?? null),
      buffer(savedBits?.get() ?? null),
      gradInput.buffer('batchNorm'),
      buffer(gradWeight),
      buffer(gradBias),
      buffer(gradResidual),
    )
    return [needs[0] ? gradInput : null, gradWeight, gradBias, passesOn ? gradOutput : gradResidual]
  })
}

function checkArguments(
  input: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormOptions,
  behind: Behind,
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
  if (options.training && (runningMean === null) !== (runningVar === null)) {
    throw new StateError('batchNorm: expected runningMean and runningVar both, or null for both, got one')
  }
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
  const { residual, relu: rectified } = behind
  const problem = { rows, c, eps, momentum, add: residual !== null, relu: rectified }
  return { problem, input, weight, bias, runningMean, runningVar, residual }
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
