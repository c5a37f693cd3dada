import {
  celu,
  checkInterval,
  elu,
  gelu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  mish,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  softsign,
  tanh,
} from '../ops/activation.ts'
import { logSoftmax, softmax } from '../ops/log_softmax.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkChoice, checkFinite, checkInteger, checkOptions } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { markClean } from './containers.ts'
import { Module } from './module.ts'
import { reprFloat } from './repr.ts'

/** Leaky rectifier; see `functional.leakyRelu`. */
export class LeakyReLU extends Module {
  readonly negativeSlope: number

  constructor(options: { negativeSlope?: number } = {}) {
    super()
    checkOptions('LeakyReLU', options, ['negativeSlope'])
    this.negativeSlope = checkFinite('LeakyReLU', 'negativeSlope', options.negativeSlope ?? 0.01)
  }

  override forward(input: Tensor): Tensor {
    return leakyRelu(input, { negativeSlope: this.negativeSlope })
  }

  override extraRepr(): string {
    return `negative_slope=${reprFloat(this.negativeSlope)}`
  }
}

/** Exponential linear unit; see `functional.elu`. */
export class ELU extends Module {
  readonly alpha: number

  constructor(options: { alpha?: number } = {}) {
    super()
    checkOptions('ELU', options, ['alpha'])
    this.alpha = checkFinite('ELU', 'alpha', options.alpha ?? 1)
  }

  override forward(input: Tensor): Tensor {
    return elu(input, { alpha: this.alpha })
  }

  override extraRepr(): string {
    return `alpha=${reprFloat(this.alpha)}`
  }
}

/** Scaled exponential linear unit; see `functional.selu`. */
export class SELU extends Module {
  override forward(input: Tensor): Tensor {
    return selu(input)
  }
}

/** Continuously differentiable exponential linear unit; see `functional.celu`. */
export class CELU extends Module {
  readonly alpha: number

  constructor(options: { alpha?: number } = {}) {
    super()
    checkOptions('CELU', options, ['alpha'])
    this.alpha = checkFinite('CELU', 'alpha', options.alpha ?? 1)
    if (this.alpha === 0) throw new RangeError('CELU: expected alpha to be other than 0')
  }

  override forward(input: Tensor): Tensor {
    return celu(input, { alpha: this.alpha })
  }

  override extraRepr(): string {
    return `alpha=${reprFloat(this.alpha)}`
  }
}

/** Logistic sigmoid; see `functional.sigmoid`. */
export class Sigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return sigmoid(input)
  }
}

/** Hyperbolic tangent. */
export class Tanh extends Module {
  override forward(input: Tensor): Tensor {
    return tanh(input)
  }
}

/** Sigmoid linear unit, also called swish; see `functional.silu`. */
export class SiLU extends Module {
  override forward(input: Tensor): Tensor {
    return silu(input)
  }
}

/** Gaussian error linear unit, exact or by tanh; see `functional.gelu`. */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh'

  constructor(options: { approximate?: 'none' | 'tanh' } = {}) {
    super()
    checkOptions('GELU', options, ['approximate'])
    this.approximate = checkChoice('GELU', 'approximate', options.approximate ?? 'none', ['none', 'tanh'])
  }

  override forward(input: Tensor): Tensor {
    return gelu(input, { approximate: this.approximate })
  }

  override extraRepr(): string {
    return `approximate='${this.approximate}'`
  }
}

/** See `functional.mish`. */
export class Mish extends Module {
  override forward(input: Tensor): Tensor {
    return mish(input)
  }
}

/** Smooth rectifier; see `functional.softplus`. */
export class Softplus extends Module {
  readonly beta: number
  readonly threshold: number

  constructor(options: { beta?: number; threshold?: number } = {}) {
    super()
    checkOptions('Softplus', options, ['beta', 'threshold'])
    this.beta = checkFinite('Softplus', 'beta', options.beta ?? 1)
    this.threshold = checkFinite('Softplus', 'threshold', options.threshold ?? 20)
  }

  override forward(input: Tensor): Tensor {
    return softplus(input, { beta: this.beta, threshold: this.threshold })
  }

  override extraRepr(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`
  }
}

/** See `functional.softsign`. */
export class Softsign extends Module {
  override forward(input: Tensor): Tensor {
    return softsign(input)
  }
}

/** Piecewise linear sigmoid; see `functional.hardsigmoid`. */
export class Hardsigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return hardsigmoid(input)
  }
}

/** See `functional.hardswish`. */
export class Hardswish extends Module {
  override forward(input: Tensor): Tensor {
    return hardswish(input)
  }
}

/** Cuts off at both ends; see `functional.hardtanh`. */
export class Hardtanh extends Module {
  readonly minVal: number
  readonly maxVal: number

  constructor(options: { minVal?: number; maxVal?: number } = {}) {
    super()
    checkOptions('Hardtanh', options, ['minVal', 'maxVal'])
    this.minVal = options.minVal ?? -1
    this.maxVal = options.maxVal ?? 1
    checkInterval('Hardtanh', this.minVal, this.maxVal)
  }

  override forward(input: Tensor): Tensor {
    return hardtanh(input, { minVal: this.minVal, maxVal: this.maxVal })
  }

  override extraRepr(): string {
    return `min_val=${reprFloat(this.minVal)}, max_val=${reprFloat(this.maxVal)}`
  }
}

/** `min(max(input, 0), 6)` */
export class ReLU6 extends Module {
  override forward(input: Tensor): Tensor {
    return relu6(input)
  }
}

/** Softmax along a dimension; see `functional.softmax`. */
export class Softmax extends Module {
  readonly dim: number

  constructor(dim: number) {
    super()
    this.dim = checkInteger('Softmax', 'dim', dim, Number.MIN_SAFE_INTEGER)
  }

  override forward(input: Tensor): Tensor {
    return softmax(input, this.dim)
  }

  override extraRepr(): string {
    return `dim=${this.dim}`
  }
}

/** Logarithm of the softmax along a dimension; see `functional.logSoftmax`. */
export class LogSoftmax extends Module {
  readonly dim: number

  constructor(dim: number) {
    super()
    this.dim = checkInteger('LogSoftmax', 'dim', dim, Number.MIN_SAFE_INTEGER)
  }

  override forward(input: Tensor): Tensor {
    return logSoftmax(input, this.dim)
  }

  override extraRepr(): string {
    return `dim=${this.dim}`
  }
}

markClean(LeakyReLU, ELU, SELU, CELU, Sigmoid, Tanh, SiLU, GELU, Mish, Softplus, Softsign)
markClean(Hardsigmoid, Hardswish, Hardtanh, ReLU6, Softmax, LogSoftmax)
