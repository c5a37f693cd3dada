import { RangeError } from '../util/errors.ts'
import type { EpochRecord } from './run.ts'

/** What {@link BestTracker} needs to continue; plain JSON. */
export interface BestState {
  epoch: number
  value: number
  /** Epochs since then. */
  since: number
}

/** Notes which epoch is the best by one measure, and for how long none was better. */
export class BestTracker {
  readonly name: string
  readonly mode: 'min' | 'max'
  readonly #minDelta: number
  #state: BestState | null = null

  constructor(name: string, mode: 'min' | 'max', minDelta: number) {
    this.name = name
    this.mode = mode
    this.#minDelta = minDelta
  }

  get best(): { epoch: number; value: number } | null {
    return this.#state === null ? null : { epoch: this.#state.epoch, value: this.#state.value }
  }

  /** Epochs since the best one. */
  get since(): number {
    return this.#state?.since ?? 0
  }

  /**
   * The measure of an epoch: that of the validation data, or without such of the training data.
   *
   * @throws {RangeError} when it is no single number.
   */
  valueOf({ train, validation }: Pick<EpochRecord, 'train' | 'validation'>): number {
    const { loss, metrics } = validation ?? train
    const value = this.name === 'loss' ? loss : metrics[this.name]
    if (typeof value !== 'number') {
      throw new RangeError(`fit: expected monitor to be the loss or a metric of one number, got ${this.name}`)
    }
    return value
  }

  /** Takes the next epoch's value; true when it is the best so far. */
  update(epoch: number, value: number): boolean {
    const sign = this.mode === 'min' ? -1 : 1
    if (this.#state === null ? !Number.isNaN(value) : sign * (value - this.#state.value) > this.#minDelta) {
      this.#state = { epoch, value, since: 0 }
      return true
    }
    if (this.#state !== null) this.#state.since++
    return false
  }

  stateDict(): BestState | null {
    return this.#state === null ? null : { ...this.#state }
  }

  loadStateDict(state: BestState | null): void {
    this.#state = state === null ? null : { ...state }
  }
}
