import type { Callback } from '../../lib/index.ts'

/** A callback that lets a run do only as many steps as it was allowed, so that tests look at it without hurry. */
export class Gate implements Callback {
  #allowed: number
  #done = 0
  #wake: () => void = () => undefined

  constructor(allowed: number) {
    this.#allowed = allowed
  }

  /** Lets the run go on: so many steps more, or to its end. */
  allow(steps = Number.POSITIVE_INFINITY): void {
    this.#allowed += steps
    this.#wake()
  }

  async onStep(): Promise<void> {
    this.#done++
    while (this.#done >= this.#allowed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
