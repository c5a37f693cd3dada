import { checkFinite, checkInteger, checkNonNegative } from '../util/check.ts'
import { LRScheduler, type Scheduled, type SchedulerState } from './lr_scheduler.ts'

/**
 * Moves the rate along a cosine between its start and `etaMin` (0 by default), which it reaches after `tMax` epochs; behind
 * that it rises again: `etaMin + (base − etaMin) · (1 + cos(π · epoch / tMax)) / 2`.
 *
 * @throws {RangeError} when `tMax` is no positive integer.
 *
 * Source: Loshchilov and Hutter, "SGDR", 2017, without the restarts; torch.optim.lr_scheduler.CosineAnnealingLR.
 */
export class CosineAnnealingLR extends LRScheduler {
  readonly #tMax: number
  readonly #etaMin: number

  constructor(optimizer: Scheduled, tMax: number, { etaMin = 0 }: { etaMin?: number } = {}) {
    super(optimizer)
    this.#tMax = checkInteger('CosineAnnealingLR', 'tMax', tMax, 1)
    this.#etaMin = checkFinite('CosineAnnealingLR', 'etaMin', etaMin)
    this.start()
  }

  protected override rate(epoch: number, lr: number, baseLr: number): number {
    if (epoch === 0) return lr
    const angle = Math.PI / this.#tMax
    // The epoch before was a minimum, where the ratio below is 0 / 0.
    if ((epoch - 1 - this.#tMax) % (2 * this.#tMax) === 0) {
      return lr + ((baseLr - this.#etaMin) * (1 - Math.cos(angle))) / 2
    }
    const ratio = (1 + Math.cos(angle * epoch)) / (1 + Math.cos(angle * (epoch - 1)))
    return this.#etaMin + ratio * (lr - this.#etaMin)
  }
}

/** How the periods of {@link CosineAnnealingWarmRestarts} grow, and how low the rate goes in each. */
export interface WarmRestartsOptions {
  /** How many times longer each period is than the one before, an integer of at least 1; 1 by default. */
  tMult?: number
  /** The lowest rate, 0 by default. */
  etaMin?: number
}

/**
 * Lowers the rate along half a cosine over `t0` epochs, sets it back to its start and begins again with a period `tMult`
 * times longer: `etaMin + (base − etaMin) · (1 + cos(π · t / T)) / 2`, where `t` epochs of a period of `T` have passed.
 *
 * @throws {RangeError} when `t0` or `tMult` is no positive integer.
 *
 * Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017;
 * torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  readonly #t0: number
  readonly #tMult: number
  readonly #etaMin: number
  /** Epochs since the beginning, with a fraction where `step` was given one. */
  #position = 0

  constructor(optimizer: Scheduled, t0: number, { tMult = 1, etaMin = 0 }: WarmRestartsOptions = {}) {
    super(optimizer)
    this.#t0 = checkInteger('CosineAnnealingWarmRestarts', 't0', t0, 1)
    this.#tMult = checkInteger('CosineAnnealingWarmRestarts', 'tMult', tMult, 1)
    this.#etaMin = checkFinite('CosineAnnealingWarmRestarts', 'etaMin', etaMin)
    this.start()
  }

  protected override start(): void {
    this.#position = 0
    super.start()
  }

  /**
   * Moves on by one epoch, or to `epoch`, which may have a fraction: `scheduler.step(epoch + batch / batches)`.
   *
   * @throws {RangeError} when `epoch` is negative or not finite.
   */
  override step(epoch?: number): void {
    this.#position =
      epoch === undefined ? this.#position + 1 : checkNonNegative('CosineAnnealingWarmRestarts', 'epoch', epoch)
    this.advance(Math.floor(this.#position))
  }

  protected override rate(_epoch: number, _lr: number, baseLr: number): number {
    let passed = this.#position
    let period = this.#t0
    while (passed >= period) {
      passed -= period
      period *= this.#tMult
    }
    return this.#etaMin + ((baseLr - this.#etaMin) * (1 + Math.cos((Math.PI * passed) / period))) / 2
  }

  override stateDict(): SchedulerState & { position: number } {
    return { ...super.stateDict(), position: this.#position }
  }

  override loadStateDict(state: SchedulerState & { position?: number }): void {
    super.loadStateDict(state)
    this.#position = state.position ?? state.lastEpoch
  }
}
