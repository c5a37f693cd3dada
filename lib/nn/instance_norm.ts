import { instanceNorm } from '../ops/instance_norm.ts'
import { unbatched } from '../ops/unbatched.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { markClean } from './containers.ts'
import { checkDims, NormBase } from './norm_base.ts'

/** What an instance norm layer keeps and learns beside the normalization itself. */
export interface InstanceNormOptions {
  /** Added to the variance, 1e-5 by default. */
  eps?: number
  /** Share of the new value in the running statistics, 0.1 by default; null leaves them as they are. */
  momentum?: number | null
  /** Whether there are a weight and a bias per channel, `false` by default. */
  affine?: boolean
  /** Whether statistics are kept and used in evaluation, `false` by default: every image is normalised by its own. */
  trackRunningStats?: boolean
}

const FORMS = ['[N, C, L] or [C, L]', '[N, C, H, W] or [C, H, W]', '[N, C, D, H, W] or [C, D, H, W]']

/** What the instance norms of all numbers of dimensions share. */
class InstanceNorm extends NormBase {
  private readonly kind: string
  private readonly rank: number

  constructor(name: string, rank: number, numFeatures: number | null, options: InstanceNormOptions) {
    super(name, numFeatures, options, { affine: false, trackRunningStats: false })
    this.kind = name
    this.rank = rank
  }

  override forward(input: Tensor): Tensor {
    const rank = this.rank
    checkDims(this.kind, input, [rank + 1, rank + 2], FORMS[rank - 1])
    this.materialize(this.kind, input, input.ndim - rank - 1)
    const { weight, bias, runningMean, runningVar, eps } = this
    // As in PyTorch, without a momentum the running statistics stay.
    const momentum = this.momentum ?? 0
    const options = { weight, bias, runningMean, runningVar, useInputStats: this.measuresBatch, momentum, eps }
    return input.ndim === rank + 2
      ? instanceNorm(input, options)
      : unbatched(input, (batch) => instanceNorm(batch, options))
  }
}

/** Instance normalization of `[N, C, L]` or `[C, L]`; see `functional.instanceNorm`. */
export class InstanceNorm1d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    super('InstanceNorm1d', 1, numFeatures, options)
  }
}

/** Instance normalization of images `[N, C, H, W]` or `[C, H, W]`; see `functional.instanceNorm`. */
export class InstanceNorm2d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    super('InstanceNorm2d', 2, numFeatures, options)
  }
}

/** Instance normalization of volumes `[N, C, D, H, W]` or `[C, D, H, W]`; see `functional.instanceNorm`. */
export class InstanceNorm3d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    super('InstanceNorm3d', 3, numFeatures, options)
  }
}

/** {@link InstanceNorm1d} whose number of channels is taken from the first input, or from a state dict that is loaded. */
export class LazyInstanceNorm1d extends InstanceNorm {
  constructor(options: InstanceNormOptions = {}) {
    super('LazyInstanceNorm1d', 1, null, options)
  }
}

/** {@link InstanceNorm2d} whose number of channels is taken from the first input, or from a state dict that is loaded. */
export class LazyInstanceNorm2d extends InstanceNorm {
  constructor(options: InstanceNormOptions = {}) {
    super('LazyInstanceNorm2d', 2, null, options)
  }
}

/** {@link InstanceNorm3d} whose number of channels is taken from the first input, or from a state dict that is loaded. */
export class LazyInstanceNorm3d extends InstanceNorm {
  constructor(options: InstanceNormOptions = {}) {
    super('LazyInstanceNorm3d', 3, null, options)
  }
}

markClean(InstanceNorm)
