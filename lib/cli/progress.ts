/** Where progress is shown; `process.stdout` is one. */
export interface Output {
  isTTY?: boolean
  columns?: number
  write(text: string): unknown
}

export interface ProgressOptions {
  epochs: number
  /** Batches per epoch. */
  batches: number
  /** Milliseconds from any fixed moment. Default `performance.now`. */
  now?: () => number
}

/** Milliseconds between two displays: as often as an eye follows on a terminal, once a second in a log. */
const TERMINAL_INTERVAL = 100
const LOG_INTERVAL = 1000

/**
 * Shows how far a training run is: epoch, batch, loss, images per second, time left.
 *
 * On a terminal one line rewrites itself; elsewhere a plain line appears about once a second. Speed and time left count
 * the time spent in steps, not that between epochs.
 */
export class Progress {
  readonly #output: Output
  readonly #epochs: number
  readonly #batches: number
  readonly #now: () => number
  #lastStep: number
  #lastShown: number
  #epoch = 0
  #steps = 0
  #images = 0
  #elapsed = 0
  #lineShown = false

  constructor(output: Output, { epochs, batches, now = () => performance.now() }: ProgressOptions) {
    this.#output = output
    this.#epochs = epochs
    this.#batches = batches
    this.#now = now
    this.#lastStep = this.#lastShown = now()
  }

  /** Begins the next epoch; the clock runs again. */
  startEpoch(): void {
    this.#epoch++
    this.#lastStep = this.#now()
  }

  /** Counts a step of `images` images whose loss was `loss`, and shows it when it is time to. */
  step(batch: number, images: number, loss: number): void {
    const time = this.#now()
    this.#elapsed += time - this.#lastStep
    this.#lastStep = time
    this.#steps++
    this.#images += images
    if (time - this.#lastShown < (this.#output.isTTY ? TERMINAL_INTERVAL : LOG_INTERVAL)) return
    this.#lastShown = time
    this.#show(this.#describe(batch, loss))
  }

  /** Images per second so far. */
  get speed(): number {
    return this.#elapsed > 0 ? (this.#images / this.#elapsed) * 1000 : 0
  }

  /** Ends the rewriting line and prints one that stays. */
  print(text: string): void {
    this.#clear()
    this.#output.write(`${text}\n`)
  }

  #describe(batch: number, loss: number): string {
    const left = (this.#elapsed / this.#steps) * (this.#epochs * this.#batches - this.#steps)
    return [
      `epoch ${this.#epoch}/${this.#epochs}`,
      `batch ${batch}/${this.#batches}`,
      `loss ${loss.toFixed(4)}`,
      `${Math.round(this.speed)} images/s`,
      `${formatDuration(left)} left`,
    ].join('  ')
  }

  #show(text: string): void {
    if (!this.#output.isTTY) {
      this.#output.write(`${text}\n`)
      return
    }
    // A line longer than the terminal would wrap, and a carriage return would rewrite only its last row.
    this.#output.write(`\r\x1b[2K${text.slice(0, (this.#output.columns ?? 80) - 1)}`)
    this.#lineShown = true
  }

  #clear(): void {
    if (this.#lineShown) this.#output.write('\r\x1b[2K')
    this.#lineShown = false
  }
}

/** `1:05` for a minute and five seconds, `2:00:00` for two hours; parts of a second round up. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  const pad = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  const rest = pad(seconds % 60)
  return hours > 0 ? `${hours}:${pad(minutes)}:${rest}` : `${minutes}:${rest}`
}
