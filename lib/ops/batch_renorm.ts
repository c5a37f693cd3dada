import { noGrad } from '../autograd/grad_mode.ts'
import { fromArray } from './integer.ts'
import './reduce.ts'
import { composed } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkFinite, checkNonNegative, checkOptions } from '../util/check.ts'
import { RangeError, ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { add, mul } from './arithmetic.ts'
import { batchNorm } from './batch_norm.ts'
import { expectFloat } from './dense.ts'
import { checkAffine } from './normalization.ts'

/** Which statistics {@link batchRenorm} uses, how far they are corrected, and the affine map behind it. */
export interface BatchRenormOptions {
  /** Scale per channel `[C]`, 1 when absent. */
  weight?: Tensor | null
  /** Shift per channel `[C]`, 0 when absent. */
  bias?: Tensor | null
  /**
   * Whether the batch's own statistics are used, corrected towards the running ones, which are updated; `false` by
   * default.
   */
  training?: boolean
  /** Share of the new value in the running statistics, 0.01 by default. */
  momentum?: number
  /** Added to the variance, 1e-5 by default. */
  eps?: number
  /** How far the deviations may be apart, as a factor of at least 1; 3 by default, 1 for batch normalization. */
  rMax?: number
  /** How far the means may be apart, in deviations; 5 by default, 0 for batch normalization. */
  dMax?: number
}

const OPTIONS = ['weight', 'bias', 'training', 'momentum', 'eps', 'rMax', 'dMax']

/**
 * Batch renormalization: batch normalization whose training statistics are corrected to the running ones, so that a layer computes
 * the same in training as in evaluation and small batches train like large ones:
 *
 * `output = ((input − mean) / σ · r + d) · weight + bias`, with `σ = √(var + eps)` of the batch, `σ'` of the running variance,
 *
 * `r = σ / σ'` limited to `1/rMax … rMax`, `d = (mean − runningMean) / σ'` limited to `−dMax … dMax`. No gradient flows through
 * r and d. Outside training, and the running statistics in training, are as in {@link batchNorm}.
 *
 * ```ts
 * const output = F.batchRenorm(randn([4, 3, 8, 8]), zeros([3]), ones([3]), { training: true, rMax: 2, dMax: 1 })
 * ```
 *
 * @param input `[N, C]` or `[N, C, ...spatial]`
 * @param runningMean `[C]`, changed in place in training
 * @param runningVar `[C]`, likewise
 * @returns the input's shape, channels-last in memory
 * @throws {ShapeError} when a `[C]` does not fit, or a channel has a single value in training.
 * @throws {RangeError} when a number is out of range.
 *
 * Source: Ioffe, "Batch Renormalization", 2017.
 */
export function batchRenorm(
  input: Tensor,
  runningMean: Tensor,
  runningVar: Tensor,
  options: BatchRenormOptions = {},
): Tensor {
  const op = 'batchRenorm'
  checkOptions(op, options, OPTIONS)
  expectFloat(op, 'input', input)
  const eps = checkNonNegative(op, 'eps', options.eps ?? 1e-5)
  const momentum = checkFinite(op, 'momentum', options.momentum ?? 0.01)
  const rMax = checkFinite(op, 'rMax', options.rMax ?? 3)
  const dMax = checkNonNegative(op, 'dMax', options.dMax ?? 5)
  if (rMax < 1) throw new RangeError(`${op}: expected rMax to be at least 1, got ${rMax}`)
  if (input.ndim < 2) {
    throw new ShapeError(
      `${op}: expected input of at least 2 dimensions [N, C, ...], got ${input.ndim}; input ${formatShape(input.shape)}`,
    )
  }
  expectFloat(op, 'runningMean', runningMean)
  expectFloat(op, 'runningVar', runningVar)
  const c = input.shape[1]
  const { weight = null, bias = null } = options
  for (const [name, value] of Object.entries({ weight, bias, runningMean, runningVar })) {
    checkAffine(op, name, value, [c], input)
  }
  if (!options.training) return batchNorm(input, runningMean, runningVar, { weight, bias, eps })
  if (input.size <= c) {
    throw new ShapeError(
      `${op}: expected more than 1 value per channel when training, got input ${formatShape(input.shape)}; ` +
        'use a larger batch, or eval() to normalise with the running statistics',
    )
  }
  return composed(() => {
    const [r, d] = noGrad(() => corrections(input, runningMean, runningVar, { eps, rMax, dMax }))
    // (x̂ r + d) weight + bias is one batch normalization with another affine map, through which the gradients of both flow.
    const scale = weight === null ? r : mul(weight, r)
    const shift = weight === null ? d : mul(weight, d)
    const affine = { weight: scale, bias: bias === null ? shift : add(shift, bias) }
    return batchNorm(input, runningMean, runningVar, { ...affine, training: true, momentum, eps })
  })
}

/** r and d of every channel. */
function corrections(
  input: Tensor,
  runningMean: Tensor,
  runningVar: Tensor,
  { eps, rMax, dMax }: { eps: number; rMax: number; dMax: number },
): [r: Tensor, d: Tensor] {
  const dims = [...input.shape.keys()].filter((dim) => dim !== 1)
  const [means, variances] = [input.mean(dims), input.var(dims, { correction: 0 })].map((one) => one.toTypedArray())
  const [oldMeans, oldVariances] = [runningMean, runningVar].map((one) => one.toTypedArray())
  const c = means.length
  const [r, d] = [new Float32Array(c), new Float32Array(c)]
  for (let i = 0; i < c; i++) {
    const old = Math.sqrt(Number(oldVariances[i]) + eps)
    r[i] = Math.min(rMax, Math.max(1 / rMax, Math.sqrt(Number(variances[i]) + eps) / old))
    d[i] = Math.min(dMax, Math.max(-dMax, (Number(means[i]) - Number(oldMeans[i])) / old))
  }
  return [fromArray(r, [c], 'float32'), fromArray(d, [c], 'float32')]
}
