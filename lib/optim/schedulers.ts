import { checkFinite, checkInteger, checkUnitInterval, describe } from '../util/check.ts'
import { DTypeError, RangeError } from '../util/errors.ts'
import { LRScheduler, type Scheduled } from './lr_scheduler.ts'

/**
 * Multiplies the rate by `gamma` (0.1 by default) every `stepSize` epochs.
 *
 * @throws {RangeError} when `stepSize` is no positive integer.
 */
export class StepLR extends LRScheduler {
  readonly #stepSize: number
  readonly #gamma: number

  constructor(optimizer: Scheduled, stepSize: number, { gamma = 0.1 }: { gamma?: number } = {}) {
    super(optimizer)
    this.#stepSize = checkInteger('StepLR', 'stepSize', stepSize, 1)
    this.#gamma = checkFinite('StepLR', 'gamma', gamma)
    this.start()
  }

  protected override rate(epoch: number, lr: number): number {
    return epoch === 0 || epoch % this.#stepSize !== 0 ? lr : lr * this.#gamma
  }
}

/**
 * Multiplies the rate by `gamma` (0.1 by default) at each of the epochs `milestones`; at one that is named twice, twice.
 *
 * @throws {RangeError} when a milestone is no integer of at least 0.
 */
export class MultiStepLR extends LRScheduler {
  readonly #milestones: readonly number[]
  readonly #gamma: number

  constructor(optimizer: Scheduled, milestones: readonly number[], { gamma = 0.1 }: { gamma?: number } = {}) {
    super(optimizer)
    this.#milestones = milestones.map((epoch) => checkInteger('MultiStepLR', 'milestones', epoch, 0))
    this.#gamma = checkFinite('MultiStepLR', 'gamma', gamma)
    this.start()
  }

  protected override rate(epoch: number, lr: number): number {
    return lr * this.#gamma ** this.#milestones.filter((milestone) => milestone === epoch).length
  }
}

/** Multiplies the rate by `gamma` every epoch. */
export class ExponentialLR extends LRScheduler {
  readonly #gamma: number

  constructor(optimizer: Scheduled, gamma: number) {
    super(optimizer)
    this.#gamma = checkFinite('ExponentialLR', 'gamma', gamma)
    this.start()
  }

  protected override rate(epoch: number, lr: number): number {
    return epoch === 0 ? lr : lr * this.#gamma
  }
}

/** How much {@link ConstantLR} lowers the rate, and for how long. */
export interface ConstantLROptions {
  /** What the rate is multiplied by in the beginning, above 0 and at most 1; 1/3 by default. */
  factor?: number
  /** For how many epochs, 5 by default. */
  totalIters?: number
}

/**
 * Multiplies the rate by a factor for the first epochs.
 *
 * @throws {RangeError} when the factor is not above 0 and at most 1, or `totalIters` no integer of at least 0.
 */
export class ConstantLR extends LRScheduler {
  readonly #factor: number
  readonly #totalIters: number

  constructor(optimizer: Scheduled, { factor = 1 / 3, totalIters = 5 }: ConstantLROptions = {}) {
    super(optimizer)
    this.#factor = checkFactor('ConstantLR', 'factor', factor)
    this.#totalIters = checkInteger('ConstantLR', 'totalIters', totalIters, 0)
    this.start()
  }

  protected override rate(epoch: number, lr: number): number {
    if (epoch === 0) return lr * this.#factor
    return epoch === this.#totalIters ? lr / this.#factor : lr
  }
}

/** Between which factors {@link LinearLR} moves the rate, and for how long. */
export interface LinearLROptions {
  /** What the rate is multiplied by in the first epoch, above 0 and at most 1; 1/3 by default. */
  startFactor?: number
  /** What it is multiplied by from epoch `totalIters` on, in [0, 1]; 1 by default. */
  endFactor?: number
  /** In how many epochs the factor goes from one to the other, at least 1; 5 by default. */
  totalIters?: number
}

/**
 * Multiplies the rate by a factor that changes linearly over the first epochs: a warm-up.
 *
 * @throws {RangeError} when a factor is not above 0 (`endFactor` may be 0) and at most 1, or `totalIters` no positive
 * integer.
 */
export class LinearLR extends LRScheduler {
  readonly #startFactor: number
  readonly #endFactor: number
  readonly #totalIters: number

  constructor(optimizer: Scheduled, { startFactor = 1 / 3, endFactor = 1, totalIters = 5 }: LinearLROptions = {}) {
    super(optimizer)
    this.#startFactor = checkFactor('LinearLR', 'startFactor', startFactor)
    this.#endFactor = checkUnitInterval('LinearLR', 'endFactor', endFactor)
    this.#totalIters = checkInteger('LinearLR', 'totalIters', totalIters, 1)
    this.start()
  }

  protected override rate(epoch: number, lr: number): number {
    if (epoch === 0) return lr * this.#startFactor
    if (epoch > this.#totalIters) return lr
    // The factors of this epoch and of the one before, both times totalIters.
    const rise = this.#endFactor - this.#startFactor
    return lr * (1 + rise / (this.#totalIters * this.#startFactor + (epoch - 1) * rise))
  }
}

/** The factor of the initial rate at an epoch. */
export type LrLambda = (epoch: number) => number

/**
 * Multiplies each group's initial rate by what a function of the epoch returns; one for all groups or one for each.
 *
 * ```ts
 * new optim.LambdaLR(optimizer, (epoch) => 0.95 ** epoch)
 * ```
 *
 * @throws {DTypeError} when there is not one function or as many as groups.
 */
export class LambdaLR extends LRScheduler {
  readonly #lambdas: readonly LrLambda[]

  constructor(optimizer: Scheduled, lrLambda: LrLambda | readonly LrLambda[]) {
    super(optimizer)
    const count = optimizer.paramGroups.length
    const lambdas = typeof lrLambda === 'function' ? new Array<LrLambda>(count).fill(lrLambda) : lrLambda
    if (!Array.isArray(lambdas) || lambdas.length !== count || lambdas.some((one) => typeof one !== 'function')) {
      throw new DTypeError(`LambdaLR: expected a function or ${count} of them, got ${describe(lrLambda)}`)
    }
    this.#lambdas = lambdas
    this.start()
  }

  protected override rate(epoch: number, _lr: number, baseLr: number, group: number): number {
    // A group that was added later follows the last function.
    const lambda = this.#lambdas[Math.min(group, this.#lambdas.length - 1)]
    return baseLr * lambda(epoch)
  }
}

/** Checks a factor that rates are divided by again. */
function checkFactor(op: string, name: string, factor: number): number {
  if (typeof factor === 'number' && factor > 0 && factor <= 1) return factor
  throw new RangeError(`${op}: expected ${name} above 0 and at most 1, got ${describe(factor)}`)
}
