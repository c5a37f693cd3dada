import { checkInteger } from '../util/check.ts'
import { FormatError } from '../util/errors.ts'
import type { Optimizer } from './optimizer.ts'

/** What a scheduler needs of an optimizer. */
export type Scheduled = Pick<Optimizer, 'paramGroups'>

/** What a scheduler needs to continue later; plain JSON. */
export interface SchedulerState {
  /** How often `step()` was called. */
  lastEpoch: number
  /** The rate of each group that the schedule starts from. */
  baseLrs: number[]
  /** The rate of each group now. */
  lastLr: number[]
  /** The states of the schedulers that this one runs. */
  schedulers?: SchedulerState[]
}

/**
 * Sets the learning rates of an optimizer's groups by how often `step()` was called.
 *
 * Most schedules compute a rate from the one before, as PyTorch's do, so that several can act on one optimizer and a rate
 * that is changed by hand stays changed. The first scheduler of an optimizer notes the rate of each group as its
 * `initialLr`, from which all schedules start.
 */
export abstract class LRScheduler {
  protected readonly optimizer: Scheduled
  readonly #baseLrs: number[]
  #lastEpoch = 0

  /** Subclasses call {@link start} when their own settings are known. */
  constructor(optimizer: Scheduled) {
    this.optimizer = optimizer
    for (const group of optimizer.paramGroups) group.initialLr ??= group.lr
    this.#baseLrs = optimizer.paramGroups.map(({ initialLr, lr }) => initialLr ?? lr)
  }

  /** The rate at `epoch` of a group whose rate was `lr` the epoch before and `baseLr` in the beginning. */
  protected abstract rate(epoch: number, lr: number, baseLr: number, group: number): number

  /** Changes what follows the epoch beside the rates. */
  protected adjust(_epoch: number): void {}

  /** How often `step()` was called. */
  get lastEpoch(): number {
    return this.#lastEpoch
  }

  /** Whether this scheduler acts on `optimizer`. */
  schedules(optimizer: Scheduled): boolean {
    return this.optimizer === optimizer
  }

  /** Applies the rates of epoch 0 to the groups as they are. */
  protected start(): void {
    this.advance(0)
  }

  /** Begins again from the groups' initial rates; for a scheduler that runs others. */
  restart(): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      group.lr = this.#baseLr(i)
    })
    this.start()
  }

  /** Moves on by one epoch, or whatever the schedule counts. Call it behind the optimizer's steps. */
  step(): void {
    this.advance(this.#lastEpoch + 1)
  }

  /** Makes `epoch` the current one and applies its rates. */
  protected advance(epoch: number): void {
    const rates = this.optimizer.paramGroups.map(({ lr }, i) => this.rate(epoch, lr, this.#baseLr(i), i))
    this.#lastEpoch = epoch
    this.#setRates(rates)
    this.adjust(epoch)
  }

  /** Groups may have been added since the schedule began. */
  #baseLr(group: number): number {
    const { lr, initialLr = lr } = this.optimizer.paramGroups[group]
    this.#baseLrs[group] ??= initialLr
    return this.#baseLrs[group]
  }

  #setRates(rates: readonly number[]): void {
    rates.forEach((lr, i) => {
      this.optimizer.paramGroups[i].lr = lr
    })
  }

  /** The rates in use, one per group. */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr)
  }

  /** What {@link loadStateDict} needs to continue. */
  stateDict(): SchedulerState {
    return { lastEpoch: this.#lastEpoch, baseLrs: [...this.#baseLrs], lastLr: this.getLastLr() }
  }

  /**
   * Continues where another scheduler of the same settings was, and sets the rates that were in use there.
   *
   * @throws {FormatError} when the number of groups differs.
   */
  loadStateDict(state: SchedulerState): void {
    const name = this.constructor.name
    const count = this.optimizer.paramGroups.length
    for (const [kind, rates] of Object.entries({ base: state.baseLrs, last: state.lastLr })) {
      if (rates.length === count) continue
      throw new FormatError(`${name}.loadStateDict: expected ${count} ${kind} rates, got ${rates.length}`)
    }
    this.#lastEpoch = checkInteger(name, 'lastEpoch', state.lastEpoch, 0)
    this.#baseLrs.splice(0, this.#baseLrs.length, ...state.baseLrs)
    this.#setRates(state.lastLr)
    this.adjust(this.#lastEpoch)
  }
}
