import { anyNeedsGrad, record, save, saveOwned } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import { disposeCopy, inFormat, withStrides } from '../ops/dense.ts'
import { fromArray } from '../ops/integer.ts'
import type { BatchNormProblem } from '../reference/index.ts'
import { untracked } from '../tensor/scope.ts'
import { copyElements, emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { gatherStatistics, type Statistics, sumOverRanks } from './sync_statistics.ts'

export interface SyncBatchNormArguments {
  input: Tensor
  weight: Tensor | null
  bias: Tensor | null
  runningMean: Tensor | null
  runningVar: Tensor | null
  eps: number
  momentum: number
}

const OP = 'SyncBatchNorm'
const buffer = (tensor: Tensor | null) => (tensor === null ? null : tensor.buffer(OP))

/** `running ← (1 − momentum) · running + momentum · batch`. */
function updateRunning(running: Tensor | null, batch: Float64Array, momentum: number): void {
  if (running === null) return
  const values = running.toTypedArray() as Float32Array
  const next = Float32Array.from(values, (value, i) => (1 - momentum) * value + momentum * batch[i])
  const made = fromArray(next, running.shape, 'float32')
  copyElements(OP, made, running)
  made.dispose()
  running.storage.version++
}

const row = (values: Float64Array): Tensor =>
  untracked(() => fromArray(Float32Array.from(values), [values.length], 'float32'))

/**
 * Batch normalization in training over the batches of all ranks together, which all have to call it:
 *
 * `output = (input − mean) / √(var + eps) · weight + bias`, mean and biased variance over all values of a channel on all ranks
 *
 * Backward sums over all ranks too: with `x̂` the normalized input and `N` the values per channel on all ranks,
 * `gradInput = weight · rstd · (g − Σ g / N − x̂ · Σ g x̂ / N)`. Gradients of weight and bias are those of this rank's batch.
 */
export function syncBatchNorm(args: SyncBatchNormArguments): Tensor {
  const { input, weight, bias, eps, momentum } = args
  const c = input.shape[1]
  const rows = c === 0 ? 0 : input.size / c
  const source = inFormat(OP, input, 'channelsLast')
  const statistics = gatherStatistics(OP, source, rows, c)
  const { count, m2 } = statistics
  updateRunning(args.runningMean, statistics.mean, momentum)
  updateRunning(
    args.runningVar,
    m2.map((sum) => sum / (count - 1)),
    momentum,
  )
  const mean = row(statistics.mean)
  const variance = row(m2.map((sum) => sum / count))
  const problem: BatchNormProblem = { rows, c, eps, momentum, add: false, relu: false }
  const output = emptyTensor(source.shape, 'float32', source.strides)
  backend().kernels.batchNormEvalForward(
    problem,
    source.buffer(OP),
    mean.buffer(OP),
    variance.buffer(OP),
    buffer(weight),
    buffer(bias),
    null,
    null,
    output.buffer(OP),
  )
  if (anyNeedsGrad([input, weight, bias])) recordBackward(args, problem, statistics, source, output, mean, variance)
  else for (const one of [mean, variance]) one.dispose()
  disposeCopy(source, input)
  return output
}

function recordBackward(
  { input, weight, bias }: SyncBatchNormArguments,
  problem: BatchNormProblem,
  statistics: Statistics,
  source: Tensor,
  output: Tensor,
  mean: Tensor,
  variance: Tensor,
): void {
  const needs = [input, weight, bias].map((one) => one?.requiresGrad ?? false)
  const kept = { source: save(OP, source), mean: saveOwned(OP, mean), variance: saveOwned(OP, variance) }
  const keptWeight = weight === null ? null : save(OP, weight)
  const saved = [...Object.values(kept), keptWeight].filter((one) => one !== null)
  record(OP, output, [input, weight, bias], saved, (gradOutput) => {
    const images = kept.source.get()
    const [means, variances] = [kept.mean.get(), kept.variance.get()]
    const scale = keptWeight?.get() ?? null
    const grad = withStrides(OP, gradOutput, images.strides)
    // As if the statistics were constants: weight · rstd · g, Σ g x̂ and Σ g.
    const plain = emptyTensor(images.shape, 'float32', images.strides)
    const [gradWeight, gradBias] = [emptyTensor([problem.c], 'float32'), emptyTensor([problem.c], 'float32')]
    const operands = [images.buffer(OP), grad.buffer(OP), means.buffer(OP), variances.buffer(OP)] as const
    const results = [plain.buffer(OP), gradWeight.buffer(OP), gradBias.buffer(OP), null] as const
    backend().kernels.batchNormEvalBackward(problem, ...operands, buffer(scale), null, ...results)
    const gradInput = needs[0]
      ? through(problem, statistics, images, means, variances, scale, plain, gradWeight, gradBias)
      : null
    disposeCopy(grad, gradOutput)
    return [gradInput, needs[1] ? gradWeight : null, needs[2] ? gradBias : null]
  })
}

/** Adds to `weight · rstd · g` what flows through mean and variance: an affine map of `x̂`, which the forward kernel computes. */
function through(
  problem: BatchNormProblem,
  { count }: Statistics,
  images: Tensor,
  mean: Tensor,
  variance: Tensor,
  weight: Tensor | null,
  plain: Tensor,
  gradWeight: Tensor,
  gradBias: Tensor,
): Tensor {
  const [products, sums] = sumOverRanks(OP, [gradWeight, gradBias])
  const variances = variance.toTypedArray() as Float32Array
  const scales = weight?.toTypedArray() as Float32Array | undefined
  const factor = (c: number): number => -(scales?.[c] ?? 1) / Math.sqrt(variances[c] + problem.eps) / count
  const slope = row(products.map((product, c) => factor(c) * product))
  const shift = row(sums.map((sum, c) => factor(c) * sum))
  const gradInput = emptyTensor(images.shape, 'float32', images.strides)
  backend().kernels.batchNormEvalForward(
    { ...problem, add: true },
    images.buffer(OP),
    mean.buffer(OP),
    variance.buffer(OP),
    slope.buffer(OP),
    shift.buffer(OP),
    plain.buffer(OP),
    null,
    gradInput.buffer(OP),
  )
  for (const one of [slope, shift, plain]) one.dispose()
  return gradInput
}
