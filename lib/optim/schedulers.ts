import { checkFinite, checkInteger } from '../util/check.ts'
import { FormatError } from '../util/errors.ts'
import type { Optimizer } from './optimizer.ts'

/** What a scheduler needs to continue later. */
export interface SchedulerState {
  epoch: number
  baseLrs: number[]
}

/** Sets the learning rates of an optimizer's groups as a function of how often `step()` was called. */
export abstract class LRScheduler {
  readonly #optimizer: Pick<Optimizer, 'paramGroups'>
  #baseLrs: number[]
  #epoch = 0

  constructor(optimizer: Pick<Optimizer, 'paramGroups'>) {
    this.#optimizer = optimizer
    this.#baseLrs = optimizer.paramGroups.map(({ lr }) => lr)
  }

  /** The rate at `epoch` of a group that started with `baseLr`. */
  protected abstract rate(epoch: number, baseLr: number): number

  /** Moves on by one epoch, or whatever the schedule counts. Call it behind the optimizer's steps. */
  step(): void {
    this.#epoch++
    this.#apply()
  }

  #apply(): void {
    this.#optimizer.paramGroups.forEach((group, i) => {
      group.lr = this.rate(this.#epoch, this.#baseLrs[i])
    })
  }

  /** The rates in use, one per group. */
  getLastLr(): number[] {
    return this.#optimizer.paramGroups.map(({ lr }) => lr)
  }

  /** What {@link loadStateDict} needs to continue. */
  stateDict(): SchedulerState {
    return { epoch: this.#epoch, baseLrs: [...this.#baseLrs] }
  }

  /**
   * Continues where another scheduler of the same settings was.
   *
   * @throws {FormatError} when the number of groups differs.
   */
  loadStateDict(state: SchedulerState): void {
    if (state.baseLrs.length !== this.#baseLrs.length) {
      throw new FormatError(
        `${this.constructor.name}.loadStateDict: expected ${this.#baseLrs.length} base rates, got ${state.baseLrs.length}`,
      )
    }
    this.#epoch = checkInteger(this.constructor.name, 'epoch', state.epoch, 0)
    this.#baseLrs = [...state.baseLrs]
    this.#apply()
  }
}

/**
 * Multiplies the rate by `gamma` (0.1 by default) every `stepSize` epochs.
 *
 * @throws {RangeError} when `stepSize` is no positive integer.
 */
export class StepLR extends LRScheduler {
  readonly #stepSize: number
  readonly #gamma: number

  constructor(optimizer: Pick<Optimizer, 'paramGroups'>, stepSize: number, { gamma = 0.1 }: { gamma?: number } = {}) {
    super(optimizer)
    this.#stepSize = checkInteger('StepLR', 'stepSize', stepSize, 1)
    this.#gamma = checkFinite('StepLR', 'gamma', gamma)
  }

  protected override rate(epoch: number, baseLr: number): number {
    return baseLr * this.#gamma ** Math.floor(epoch / this.#stepSize)
  }
}

/**
 * Lowers the rate along half a cosine from its start to `etaMin` (0 by default) over `tMax` epochs:
 * `etaMin + (base − etaMin) · (1 + cos(π · epoch / tMax)) / 2`.
 *
 * @throws {RangeError} when `tMax` is no positive integer.
 *
 * Source: Loshchilov and Hutter, "SGDR", 2017, without the restarts; torch.optim.lr_scheduler.CosineAnnealingLR.
 */
export class CosineAnnealingLR extends LRScheduler {
  readonly #tMax: number
  readonly #etaMin: number

  constructor(optimizer: Pick<Optimizer, 'paramGroups'>, tMax: number, { etaMin = 0 }: { etaMin?: number } = {}) {
    super(optimizer)
    this.#tMax = checkInteger('CosineAnnealingLR', 'tMax', tMax, 1)
    this.#etaMin = checkFinite('CosineAnnealingLR', 'etaMin', etaMin)
  }

  protected override rate(epoch: number, baseLr: number): number {
    return this.#etaMin + ((baseLr - this.#etaMin) * (1 + Math.cos((Math.PI * epoch) / this.#tMax))) / 2
  }
}
