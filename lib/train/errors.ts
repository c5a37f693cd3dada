import { StridedError } from '../util/errors.ts'

/** A module whose output was the first not to be finite. */
export interface FaultyLayer {
  /** Name in the model, '' for the model itself. */
  path: string
  /** Class of the module. */
  type: string
}

/** Where a run broke off because its loss was NaN or infinite. */
export interface NonFinitePlace {
  /** The loss. */
  loss: number
  /** From 1. */
  epoch: number
  /** Optimizer steps taken before. */
  step: number
  /** Number of the batch in its epoch, from 1. */
  batch: number
  /** Null where every layer's output was finite: then it is the loss function, or the batch itself. */
  layer: FaultyLayer | null
}

/** The loss of a training run became NaN or infinite. */
export class NonFiniteError extends StridedError implements NonFinitePlace {
  readonly loss: number
  readonly epoch: number
  readonly step: number
  readonly batch: number
  readonly layer: FaultyLayer | null

  constructor(message: string, { loss, epoch, step, batch, layer }: NonFinitePlace) {
    super('ERR_NON_FINITE', message)
    this.loss = loss
    this.epoch = epoch
    this.step = step
    this.batch = batch
    this.layer = layer
  }
}
