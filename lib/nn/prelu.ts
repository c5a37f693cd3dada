import { prelu } from '../ops/prelu.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkFinite, checkInteger, checkOptions } from '../util/check.ts'
import { markClean } from './containers.ts'
import * as initialize from './init.ts'
import { Module } from './module.ts'
import { ownParameter, type Parameter } from './parameter.ts'

export interface PReLUOptions {
  /** 1 (the default) for one slope, or the number of channels for one each. */
  numParameters?: number
  /** What every slope starts from, 0.25 by default. */
  init?: number
}

/** Leaky rectifier with learned slopes; see `functional.prelu`. */
export class PReLU extends Module {
  readonly numParameters: number
  weight: Parameter

  constructor(options: PReLUOptions = {}) {
    super()
    checkOptions('PReLU', options, ['numParameters', 'init'])
    const { numParameters = 1, init = 0.25 } = options
    this.numParameters = checkInteger('PReLU', 'numParameters', numParameters, 1)
    this.weight = ownParameter(untracked(() => emptyTensor([numParameters], 'float32')))
    initialize.constant(this.weight, checkFinite('PReLU', 'init', init))
  }

  override forward(input: Tensor): Tensor {
    return prelu(input, this.weight)
  }

  override extraRepr(): string {
    return `num_parameters=${this.numParameters}`
  }
}

markClean(PReLU)
