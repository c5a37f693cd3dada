import {
  alphaDropout,
  type DropoutOptions,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from '../ops/dropout.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkOptions, checkUnitInterval } from '../util/check.ts'
import { markClean } from './containers.ts'
import { Module } from './module.ts'

/** What the layers share that drop something in training and nothing in evaluation. */
class DropoutLayer extends Module {
  readonly p: number
  private readonly drop: (input: Tensor, options: DropoutOptions) => Tensor

  constructor(name: string, options: { p?: number }, drop: (input: Tensor, options: DropoutOptions) => Tensor) {
    super()
    checkOptions(name, options, ['p'])
    this.p = checkUnitInterval(name, 'p', options.p ?? 0.5)
    this.drop = drop
  }

  override forward(input: Tensor): Tensor {
    return this.drop(input, { p: this.p, training: this.training })
  }

  override extraRepr(): string {
    return `p=${this.p}, inplace=False`
  }
}

/** Sets elements to 0 with probability `p` (0.5 by default) in training; see `functional.dropout`. */
export class Dropout extends DropoutLayer {
  constructor(options: { p?: number } = {}) {
    super('Dropout', options, dropout)
  }
}

/** Sets whole channels of sequences to 0 with probability `p` (0.5 by default) in training; see `functional.dropout1d`. */
export class Dropout1d extends DropoutLayer {
  constructor(options: { p?: number } = {}) {
    super('Dropout1d', options, dropout1d)
  }
}

/** Sets whole channels to 0 with probability `p` (0.5 by default) in training; see `functional.dropout2d`. */
export class Dropout2d extends DropoutLayer {
  constructor(options: { p?: number } = {}) {
    super('Dropout2d', options, dropout2d)
  }
}

/** Sets whole channels of volumes to 0 with probability `p` (0.5 by default) in training; see `functional.dropout3d`. */
export class Dropout3d extends DropoutLayer {
  constructor(options: { p?: number } = {}) {
    super('Dropout3d', options, dropout3d)
  }
}

/** Dropout for networks of selu, with probability `p` (0.5 by default) in training; see `functional.alphaDropout`. */
export class AlphaDropout extends DropoutLayer {
  constructor(options: { p?: number } = {}) {
    super('AlphaDropout', options, alphaDropout)
  }
}

/** {@link AlphaDropout} of whole channels; see `functional.featureAlphaDropout`. */
export class FeatureAlphaDropout extends DropoutLayer {
  constructor(options: { p?: number } = {}) {
    super('FeatureAlphaDropout', options, featureAlphaDropout)
  }
}

// One forward function, which all of them inherit.
markClean(DropoutLayer)
