import type { MetricValue } from './metrics/index.ts'
import type { EpochRecord, Measures } from './run.ts'

/** Where progress is shown; `process.stdout` is one. */
export interface Output {
  /** Whether lines can be written over; without it, the default, a plain line appears about once a second. */
  isTTY?: boolean
  /** Characters in a row, 80 by default. */
  columns?: number
  /** Shows text as it is. */
  write(text: string): unknown
}

export interface ProgressOptions {
  epochs: number
  /** Batches per epoch. */
  batches: number
  /** What samples are called, `images` by default. */
  unit?: string
  /** Milliseconds from any fixed moment. Default `performance.now`. */
  now?: () => number
}

/** What a step adds to the display. */
export interface StepDisplay {
  /** Batches of the epoch that are done. */
  batch: number
  samples: number
  loss: number
  /** Of the epoch so far, each one number. */
  metrics?: Record<string, MetricValue>
  /** Bytes that tensors hold. */
  memory?: number
}

/** Milliseconds between two displays: as often as an eye follows on a terminal, once a second in a log. */
const TERMINAL_INTERVAL = 100
const LOG_INTERVAL = 1000

/** Cells of a bar: two of them and the words beside fit into 80 columns. */
const BAR = 24

/**
 * Shows how far a training run is: epoch, batch, loss, metrics, samples per second, time left, memory.
 *
 * On a terminal two lines rewrite themselves, with a bar for the epoch and one for the run; elsewhere a plain line appears about
 * once a second. Speed and time left count the time spent in steps, not that between epochs.
 */
export class Progress {
  readonly #output: Output
  readonly #epochs: number
  readonly #batches: number
  readonly #unit: string
  readonly #now: () => number
  #lastStep: number
  #lastShown: number
  #epoch = 0
  #done = 0
  #lastBatch = 0
  #samples = 0
  #elapsed = 0
  #linesShown = 0

  constructor(output: Output, { epochs, batches, unit = 'images', now = () => performance.now() }: ProgressOptions) {
    this.#output = output
    this.#epochs = epochs
    this.#batches = batches
    this.#unit = unit
    this.#now = now
    this.#lastStep = this.#lastShown = now()
  }

  /** Begins an epoch, by default the next one, of which `batch` batches are done already; the clock runs again. */
  startEpoch(epoch = this.#epoch + 1, batch = 0): void {
    this.#epoch = epoch
    this.#lastBatch = batch
    this.#lastStep = this.#now()
  }

  /** Whether the next step will be shown if it ends now: what is costly to find out need not be before. */
  get due(): boolean {
    return this.#now() - this.#lastShown >= (this.#output.isTTY ? TERMINAL_INTERVAL : LOG_INTERVAL)
  }

  /** Counts a step, and shows it when it is time to. */
  step(display: StepDisplay): void {
    const time = this.#now()
    this.#elapsed += time - this.#lastStep
    this.#lastStep = time
    this.#done += display.batch - this.#lastBatch
    this.#lastBatch = display.batch
    this.#samples += display.samples
    if (!this.due) return
    this.#lastShown = time
    if (this.#output.isTTY) this.#rewrite(this.#bars(display))
    else this.#output.write(`${this.#plain(display)}\n`)
  }

  /** Samples per second so far. */
  get speed(): number {
    return this.#elapsed > 0 ? (this.#samples / this.#elapsed) * 1000 : 0
  }

  /** Ends the rewriting lines and prints one that stays. */
  print(text: string): void {
    this.clear()
    this.#output.write(`${text}\n`)
  }

  /** Takes the rewriting lines away. */
  clear(): void {
    if (this.#linesShown > 0) this.#output.write(`${this.#home()}\x1b[J`)
    this.#linesShown = 0
  }

  #left(): number {
    const batches = (this.#epochs - this.#epoch + 1) * this.#batches - this.#lastBatch
    return this.#done > 0 ? (this.#elapsed / this.#done) * batches : 0
  }

  #plain({ batch, loss, metrics }: StepDisplay): string {
    return [
      `epoch ${this.#epoch}/${this.#epochs}`,
      `batch ${batch}/${this.#batches}`,
      `loss ${loss.toFixed(4)}`,
      ...describeMetrics(metrics),
      `${Math.round(this.speed)} ${this.#unit}/s`,
      `${formatDuration(this.#left())} left`,
    ].join('  ')
  }

  #bars({ batch, loss, metrics, memory }: StepDisplay): string[] {
    const run = (this.#epoch - 1) * this.#batches + batch
    const epoch = `${this.#epoch}/${this.#epochs}`
    const words = [`loss ${loss.toFixed(4)}`, ...describeMetrics(metrics)]
    const speed = [`${Math.round(this.speed)} ${this.#unit}/s`, `${formatDuration(this.#left())} left`]
    if (memory !== undefined) speed.push(`${Math.round(memory / 2 ** 20)} MB`)
    return [
      [`epoch ${epoch}`, bar(batch / this.#batches), `${batch}/${this.#batches}`, ...words].join('  '),
      ['run'.padEnd(6 + epoch.length), bar(run / (this.#epochs * this.#batches)), ...speed].join('  '),
    ]
  }

  /** Back to the beginning of the first of the lines. */
  #home(): string {
    return this.#linesShown > 1 ? `\r\x1b[${this.#linesShown - 1}A` : '\r'
  }

  #rewrite(lines: string[]): void {
    // A line longer than the terminal would wrap, and going up would find the wrong one.
    const width = (this.#output.columns ?? 80) - 1
    this.#output.write(this.#home() + lines.map((line) => `\x1b[2K${line.slice(0, width)}`).join('\n'))
    this.#linesShown = lines.length
  }
}

function bar(share: number): string {
  const full = Math.min(BAR, Math.floor(share * BAR))
  return '█'.repeat(full) + '░'.repeat(BAR - full)
}

/** Metrics of one number with their names; shares as per cent. */
function describeMetrics(metrics: Record<string, MetricValue> = {}, prefix = ''): string[] {
  return Object.entries(metrics).flatMap(([name, value]) => {
    if (typeof value !== 'number') return []
    const share = /^(accuracy|top\d+)$/.test(name)
    return [`${prefix}${name} ${share ? `${(100 * value).toFixed(2)} %` : value.toFixed(4)}`]
  })
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

/** One line about an epoch: its losses, metrics and speed. */
export function describeEpoch(record: EpochRecord, epochs: number, unit = 'images'): string {
  const measures = (name: string, { loss, metrics }: Measures): string[] => [
    `${name} loss ${loss.toFixed(4)}`,
    ...describeMetrics(metrics, `${name} `),
  ]
  return [
    `epoch ${record.epoch}/${epochs}`,
    ...measures('train', record.train),
    ...(record.validation === null ? [] : measures('validation', record.validation)),
    `${Math.round(record.samplesPerSecond)} ${unit}/s`,
    ...(record.improved ? ['best so far'] : []),
  ].join('  ')
}
