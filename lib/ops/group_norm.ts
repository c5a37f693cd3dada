import { backend } from '../kernels/select.ts'
import type { GroupNormProblem } from '../reference/index.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkInteger, checkNonNegative, checkOptions } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { expectFloat, inFormat } from './dense.ts'
import { checkAffine, normalize, pixelsOf } from './normalization.ts'

/** The affine map behind {@link groupNorm}, and what keeps it from dividing by 0. */
export interface GroupNormOptions {
  /** Scale per channel `[C]`, 1 when absent. */
  weight?: Tensor | null
  /** Shift per channel `[C]`, 0 when absent. */
  bias?: Tensor | null
  /** Added to the variance, 1e-5 by default. */
  eps?: number
}

const OPTIONS = ['weight', 'bias', 'eps']

/**
 * Group normalization: every image's channels are cut into `numGroups` groups of neighbours, each normalised by its own mean
 * and biased variance over channels and pixels:
 *
 * `output = (input − mean) / √(var + eps) · weight + bias`
 *
 * It does not depend on the batch, in training as in evaluation.
 *
 * ```ts
 * const output = F.groupNorm(randn([8, 32, 14, 14]), 4)
 * ```
 *
 * @param input `[N, C]` or `[N, C, ...spatial]`
 * @param numGroups divides `C`
 * @returns the input's shape, channels-last in memory
 * @throws {ShapeError} when the channels do not fall into the groups, a `[C]` does not fit, or all there is is one value.
 * @throws {RangeError} when `numGroups` or `eps` is no such number.
 *
 * Source: Wu and He, "Group Normalization", 2018; semantics of torch.nn.functional.group_norm.
 */
export function groupNorm(input: Tensor, numGroups: number, options: GroupNormOptions = {}): Tensor {
  checkOptions('groupNorm', options, OPTIONS)
  expectFloat('groupNorm', 'input', input)
  checkInteger('groupNorm', 'numGroups', numGroups, 1)
  const eps = checkNonNegative('groupNorm', 'eps', options.eps ?? 1e-5)
  if (input.ndim < 2) {
    throw new ShapeError(
      `groupNorm: expected input of at least 2 dimensions [N, C, ...], got ${input.ndim}; input ${formatShape(input.shape)}`,
    )
  }
  const c = input.shape[1]
  if (c % numGroups !== 0) {
    throw new ShapeError(
      `groupNorm: expected channels divisible by numGroups ${numGroups}, got ${c}; input ${formatShape(input.shape)}`,
    )
  }
  if (input.size === numGroups) {
    throw new ShapeError(
      `groupNorm: expected more than 1 value per group, got input ${formatShape(input.shape)} in ${numGroups} groups; ` +
        'use fewer groups',
    )
  }
  const { weight = null, bias = null } = options
  checkAffine('groupNorm', 'weight', weight, [c], input)
  checkAffine('groupNorm', 'bias', bias, [c], input)
  const problem = { n: input.shape[0], spatial: pixelsOf(input), c, groups: numGroups, eps }
  return groupNormalize('groupNorm', input, weight, bias, problem)
}

/** Group normalization of checked arguments, under the name of the op that the user called. */
export function groupNormalize(
  op: string,
  input: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  problem: GroupNormProblem,
  observe?: (statistics: readonly Tensor[]) => void,
): Tensor {
  const { n, groups } = problem
  const { kernels } = backend()
  return normalize({
    op,
    input,
    weight,
    bias,
    source: inFormat(op, input, 'channelsLast'),
    strides: [1],
    statistics: [n * groups, n * groups],
    forward: (x, w, b, [mean, rstd], y) => kernels.groupNormForward(problem, x, w, b, mean, rstd, y),
    backward: (x, grad, [mean, rstd], w, ...grads) =>
      kernels.groupNormBackward(problem, x, grad, mean, rstd, w, ...grads),
    observe,
  })
}
