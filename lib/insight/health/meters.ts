import type { LayerHealth } from './report.ts'

/** A mean that is built up number by number. */
class Mean {
  #sum = 0
  #count = 0

  add(value: number): void {
    this.#sum += value
    this.#count++
  }

  get value(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count
  }
}

const MEANS = [
  'gradNorm',
  'weightNorm',
  'updateRatio',
  'effectiveLearningRate',
  'activationMean',
  'activationStd',
] as const

/** What is averaged for a layer. */
export type Measure = (typeof MEANS)[number]

/** What was measured of one layer since the last report. */
export class LayerMeter {
  readonly path: string
  readonly type: string
  #means = new Map<Measure, Mean>()
  /** Which units of a ReLU were positive; null for other layers. */
  #alive: Uint8Array | null = null

  constructor(path: string, type: string) {
    this.path = path
    this.type = type
  }

  add(measure: Measure, value: number | null): void {
    if (value === null) return
    const mean = this.#means.get(measure) ?? new Mean()
    this.#means.set(measure, mean)
    mean.add(value)
  }

  /** The marks of a ReLU's units, to be set where they are positive. */
  aliveOf(units: number): Uint8Array {
    if (this.#alive?.length !== units) this.#alive = new Uint8Array(units)
    return this.#alive
  }

  get health(): LayerHealth {
    const means = Object.fromEntries(MEANS.map((name) => [name, this.#means.get(name)?.value ?? null]))
    const alive = this.#alive
    const dead = alive?.reduce((count, mark) => count + (mark === 0 ? 1 : 0), 0)
    const deadFraction = alive === null || alive.length === 0 ? null : (dead as number) / alive.length
    return { path: this.path, type: this.type, ...(means as Record<Measure, number | null>), deadFraction }
  }
}

/** Meters of all layers, in the order they were first met. */
export class Meters {
  readonly #order: string[] = []
  #meters = new Map<string, LayerMeter>()
  /** Steps measured since the last report. */
  steps = 0

  /** The meter of a layer, made on first use. */
  of(path: string, type: string): LayerMeter {
    const known = this.#meters.get(path)
    if (known !== undefined) return known
    const made = new LayerMeter(path, type)
    this.#meters.set(path, made)
    if (!this.#order.includes(path)) this.#order.push(path)
    return made
  }

  get layers(): LayerHealth[] {
    return this.#order.flatMap((path) => this.#meters.get(path)?.health ?? [])
  }

  /** Forgets the numbers and keeps the order. */
  reset(): void {
    this.#meters = new Map()
    this.steps = 0
  }
}
