import { checkChoice, checkFinite, checkInteger, checkNonNegative, checkOptions, describe } from '../util/check.ts'
import { DTypeError, FormatError, RangeError } from '../util/errors.ts'
import type { Scheduled } from './lr_scheduler.ts'

/** When {@link ReduceLROnPlateau} takes a metric to have stopped improving, and what it does then. */
export interface PlateauOptions {
  /** Whether the metric should fall or rise, `'min'` by default. */
  mode?: 'min' | 'max'
  /** What the rate is multiplied by, in [0, 1), 0.1 by default. */
  factor?: number
  /** How many epochs without improvement are accepted, 10 by default. */
  patience?: number
  /** Least change that counts as an improvement, 1e-4 by default. */
  threshold?: number
  /** Whether the threshold is relative to the best metric so far or absolute, `'rel'` by default. */
  thresholdMode?: 'rel' | 'abs'
  /** For how many epochs after a reduction nothing is counted, 0 by default. */
  cooldown?: number
  /** Lowest rate, 0 by default; one for all groups or one for each. */
  minLr?: number | readonly number[]
  /** A reduction by less than this is left out, 1e-8 by default. */
  eps?: number
}

const DEFAULTS = {
  mode: 'min',
  factor: 0.1,
  patience: 10,
  threshold: 1e-4,
  thresholdMode: 'rel',
  cooldown: 0,
  minLr: 0,
  eps: 1e-8,
} as const satisfies PlateauOptions

/** What {@link ReduceLROnPlateau} needs to continue later; plain JSON. */
export interface PlateauState {
  /** Metrics that were taken. */
  lastEpoch: number
  /** The best metric so far, null before the first one. */
  best: number | null
  /** Epochs without improvement that count at the moment. */
  numBadEpochs: number
  /** Epochs that are still not counted after a reduction. */
  cooldownCounter: number
  /** Rate of each parameter group. */
  lastLr: number[]
}

/**
 * Lowers the rate when a metric, such as the loss on validation data, has stopped improving.
 *
 * ```ts
 * const scheduler = new optim.ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 3 })
 * scheduler.step(validationLoss)
 * ```
 *
 * @throws {RangeError} when a setting is out of range.
 *
 * Source: torch.optim.lr_scheduler.ReduceLROnPlateau.
 */
export class ReduceLROnPlateau {
  readonly #optimizer: Scheduled
  readonly #options: Required<PlateauOptions>
  #lastEpoch = 0
  #best: number | null = null
  #numBadEpochs = 0
  #cooldownCounter = 0

  constructor(optimizer: Scheduled, options: PlateauOptions = {}) {
    checkOptions('ReduceLROnPlateau', options, Object.keys(DEFAULTS))
    const merged = { ...DEFAULTS, ...options }
    checkChoice('ReduceLROnPlateau', 'mode', merged.mode, ['min', 'max'])
    checkChoice('ReduceLROnPlateau', 'thresholdMode', merged.thresholdMode, ['rel', 'abs'])
    if (!(merged.factor >= 0 && merged.factor < 1)) {
      throw new RangeError(
        `ReduceLROnPlateau: expected factor of at least 0 and below 1, got ${describe(merged.factor)}`,
      )
    }
    checkInteger('ReduceLROnPlateau', 'patience', merged.patience, 0)
    checkInteger('ReduceLROnPlateau', 'cooldown', merged.cooldown, 0)
    checkFinite('ReduceLROnPlateau', 'threshold', merged.threshold)
    checkNonNegative('ReduceLROnPlateau', 'eps', merged.eps)
    const { minLr } = merged
    const count = optimizer.paramGroups.length
    if (typeof minLr !== 'number' && minLr.length !== count) {
      throw new DTypeError(
        `ReduceLROnPlateau: expected minLr to be a number or ${count} of them, got ${describe(minLr)}`,
      )
    }
    this.#optimizer = optimizer
    this.#options = merged
  }

  /** Takes the metric of an epoch and lowers the rates when it has not improved for too long. */
  step(metric: number): void {
    const { patience, cooldown } = this.#options
    this.#lastEpoch++
    if (this.#isBetter(metric)) {
      this.#best = metric
      this.#numBadEpochs = 0
    } else this.#numBadEpochs++
    if (this.#cooldownCounter > 0) {
      this.#cooldownCounter--
      this.#numBadEpochs = 0
    }
    if (this.#numBadEpochs <= patience) return
    this.#reduce()
    this.#cooldownCounter = cooldown
    this.#numBadEpochs = 0
  }

  #isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options
    if (this.#best === null) return mode === 'min' ? metric < Infinity : metric > -Infinity
    const least = thresholdMode === 'abs' ? threshold : this.#best * threshold
    return mode === 'min' ? metric < this.#best - least : metric > this.#best + least
  }

  #reduce(): void {
    const { factor, minLr, eps } = this.#options
    this.#optimizer.paramGroups.forEach((group, i) => {
      // A group that was added later has the lowest rate of the last one.
      const least = typeof minLr === 'number' ? minLr : minLr[Math.min(i, minLr.length - 1)]
      const lr = Math.max(group.lr * factor, least)
      if (group.lr - lr > eps) group.lr = lr
    })
  }

  /** The rates in use, one per group. */
  getLastLr(): number[] {
    return this.#optimizer.paramGroups.map(({ lr }) => lr)
  }

  /** What {@link loadStateDict} needs to continue. */
  stateDict(): PlateauState {
    return {
      lastEpoch: this.#lastEpoch,
      best: this.#best,
      numBadEpochs: this.#numBadEpochs,
      cooldownCounter: this.#cooldownCounter,
      lastLr: this.getLastLr(),
    }
  }

  /**
   * Continues where another scheduler of the same settings was, and sets the rates that were in use there.
   *
   * @throws {FormatError} when the number of groups differs.
   */
  loadStateDict(state: PlateauState): void {
    const { paramGroups } = this.#optimizer
    if (state.lastLr.length !== paramGroups.length) {
      throw new FormatError(
        `ReduceLROnPlateau.loadStateDict: expected ${paramGroups.length} last rates, got ${state.lastLr.length}`,
      )
    }
    this.#lastEpoch = state.lastEpoch
    this.#best = state.best
    this.#numBadEpochs = state.numBadEpochs
    this.#cooldownCounter = state.cooldownCounter
    paramGroups.forEach((group, i) => {
      group.lr = state.lastLr[i]
    })
  }
}
