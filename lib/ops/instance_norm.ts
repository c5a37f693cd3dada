import { backend } from '../kernels/select.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkFinite, checkNonNegative, checkOptions } from '../util/check.ts'
import { ShapeError, StateError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { batchNorm } from './batch_norm.ts'
import { expectFloat } from './dense.ts'
import { groupNormalize } from './group_norm.ts'
import { checkAffine, pixelsOf } from './normalization.ts'

/** Which statistics {@link instanceNorm} uses, and the affine map behind it. */
export interface InstanceNormOptions {
  /** Running mean `[C]`, changed in place while the input's statistics are used; null, the default, keeps none. */
  runningMean?: Tensor | null
  /** Running variance `[C]`, likewise. */
  runningVar?: Tensor | null
  /** Scale per channel `[C]`, 1 when absent. */
  weight?: Tensor | null
  /** Shift per channel `[C]`, 0 when absent. */
  bias?: Tensor | null
  /** Whether every image's own statistics are used, `true` by default, or the running ones, which then have to be there. */
  useInputStats?: boolean
  /** Share of the new value in the running statistics, 0.1 by default. */
  momentum?: number
  /** Added to the variance, 1e-5 by default. */
  eps?: number
}

const OPTIONS = ['runningMean', 'runningVar', 'weight', 'bias', 'useInputStats', 'momentum', 'eps']

/**
 * Instance normalization: every channel of every image is normalised by its own mean and biased variance over the pixels:
 *
 * `output = (input − mean) / √(var + eps) · weight + bias`
 *
 * Running statistics, if given, move as `running ← (1 − momentum) · running + momentum · batch` with the average over the
 * images of their means and of their unbiased variances; with `useInputStats: false` they are used instead.
 *
 * ```ts
 * const output = F.instanceNorm(randn([8, 3, 32, 32]), { eps: 1e-3 })
 * ```
 *
 * @param input `[N, C, ...spatial]`
 * @returns the input's shape, channels-last in memory
 * @throws {ShapeError} when a `[C]` does not fit, or an image has a single pixel.
 * @throws {StateError} when running statistics are to be used and there are none.
 * @throws {RangeError} when `eps` or `momentum` is no such number.
 *
 * Source: Ulyanov, Vedaldi and Lempitsky, "Instance Normalization", 2016; semantics of torch.nn.functional.instance_norm.
 */
export function instanceNorm(input: Tensor, options: InstanceNormOptions = {}): Tensor {
  checkOptions('instanceNorm', options, OPTIONS)
  expectFloat('instanceNorm', 'input', input)
  const eps = checkNonNegative('instanceNorm', 'eps', options.eps ?? 1e-5)
  const momentum = checkFinite('instanceNorm', 'momentum', options.momentum ?? 0.1)
  const { runningMean = null, runningVar = null, weight = null, bias = null, useInputStats = true } = options
  if (input.ndim < 3) {
    throw new ShapeError(
      `instanceNorm: expected input of at least 3 dimensions [N, C, ...], got ${input.ndim}; ` +
        `input ${formatShape(input.shape)}`,
    )
  }
  const [n, c] = input.shape
  for (const [name, value] of Object.entries({ weight, bias, runningMean, runningVar })) {
    checkAffine('instanceNorm', name, value, [c], input)
  }
  if (!useInputStats) {
    if (runningMean === null || runningVar === null) {
      throw new StateError('instanceNorm: expected runningMean and runningVar with useInputStats false, got null')
    }
    return batchNorm(input, runningMean, runningVar, { weight, bias, eps })
  }
  const spatial = pixelsOf(input)
  if (spatial === 1) {
    throw new ShapeError(
      `instanceNorm: expected more than 1 pixel per channel, got input ${formatShape(input.shape)}; ` +
        'use useInputStats false (eval() in a layer with running statistics)',
    )
  }
  const problem = { n, spatial, c, groups: c, eps }
  return groupNormalize('instanceNorm', input, weight, bias, problem, ([mean, rstd]) => {
    if (input.size === 0 || (runningMean === null && runningVar === null)) return
    const means = mean.toTypedArray() as Float32Array
    const rstds = rstd.toTypedArray() as Float32Array
    // What matters of a variance is its sum with eps, which rstd has to 7 digits.
    const variances = rstds.map((value) => (Math.max(0, 1 / value ** 2 - eps) * spatial) / (spatial - 1))
    if (runningMean !== null) moveRunning(runningMean, means, momentum)
    if (runningVar !== null) moveRunning(runningVar, variances, momentum)
  })
}

/** `running ← (1 − momentum) · running + momentum · average over the images` of `values`, `[n, c]`. */
function moveRunning(running: Tensor, values: Float32Array, momentum: number): void {
  const old = running.toTypedArray() as Float32Array
  const c = old.length
  const sums = new Float64Array(c)
  for (let i = 0; i < values.length; i++) sums[i % c] += values[i]
  const moved = old.map((value, i) => (1 - momentum) * value + (momentum * sums[i] * c) / values.length)
  backend().write(running.storage.block, running.offset * moved.BYTES_PER_ELEMENT, moved)
  running.storage.version++
}
