import { tellWitness } from '../distributed/witness.ts'

/** Whether and how SIGINT (Ctrl-C) ends a run; see `signals` of `fit`. */
export type SignalMode = 'raise' | 'return' | false

/**
 * Notes a SIGINT instead of dying of it, so that the step at hand can be finished and saved. A second one ends the process at
 * once.
 */
export class Interrupt {
  readonly #mode: SignalMode
  #received = false
  #watching = false

  constructor(mode: SignalMode) {
    this.#mode = mode
    if (mode === false) return
    process.on('SIGINT', this.#note)
    this.#watching = true
  }

  /** Whether the signal came. */
  get received(): boolean {
    return this.#received
  }

  readonly #note = (): void => {
    this.#received = true
    this.#unwatch()
  }

  #unwatch(): void {
    if (this.#watching) process.off('SIGINT', this.#note)
    this.#watching = false
  }

  /** Ends the watch; a signal that came is now delivered, so the process ends as if it had not been held back: with 130. */
  release(): void {
    this.#unwatch()
    if (!this.#received || this.#mode !== 'raise') return
    // The end of a rank that has saved all is no accident.
    tellWitness('fails')
    process.kill(process.pid, 'SIGINT')
  }
}
