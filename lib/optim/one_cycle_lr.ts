import { checkChoice, checkFinite, checkInteger, checkOptions, checkUnitInterval, describe } from '../util/check.ts'
import { DTypeError, RangeError, StateError } from '../util/errors.ts'
import { LRScheduler, type Scheduled } from './lr_scheduler.ts'
import type { ParamGroup } from './optimizer.ts'

/** The length of the cycle of {@link OneCycleLR}, and how far rate and momentum go in it. */
export interface OneCycleOptions {
  /** Number of steps of the cycle; without it `epochs · stepsPerEpoch`, both of which have to be given. */
  totalSteps?: number
  /** Passes over the data in the cycle; unused with `totalSteps`. */
  epochs?: number
  /** Batches of one pass; unused with `totalSteps`. */
  stepsPerEpoch?: number
  /** Share of the cycle in which the rate rises, in [0, 1], 0.3 by default. */
  pctStart?: number
  /** Form of the way up and down, half a cosine (`'cos'`, the default) or a straight line. */
  annealStrategy?: 'cos' | 'linear'
  /** Whether the momentum, or Adam's first beta, goes the other way, `true` by default. */
  cycleMomentum?: boolean
  /** Momentum at the highest rate, 0.85 by default. */
  baseMomentum?: number
  /** Momentum at the lowest rates, 0.95 by default. */
  maxMomentum?: number
  /** The rate starts at `maxLr / divFactor`, 25 by default. */
  divFactor?: number
  /** It ends at its start divided by this, 1e4 by default. */
  finalDivFactor?: number
  /** Whether the way down returns to the start first and takes a third phase to the end, `false` by default. */
  threePhase?: boolean
}

const OPTIONS = [
  'totalSteps',
  'epochs',
  'stepsPerEpoch',
  'pctStart',
  'annealStrategy',
  'cycleMomentum',
  'baseMomentum',
  'maxMomentum',
  'divFactor',
  'finalDivFactor',
  'threePhase',
]

/** A stretch of the cycle, up to and with step `end`. */
interface Phase {
  end: number
  rates: (maxLr: number) => [from: number, to: number]
  momenta: [from: number, to: number]
}

type MomentumGroup = ParamGroup<{ lr: number; momentum?: number; betas?: readonly [number, number] }>

/**
 * One cycle: the rate rises from `maxLr / divFactor` to `maxLr` and falls to a ten-thousandth of its start, while the
 * momentum falls and rises. Call `step()` behind every batch.
 *
 * ```ts
 * const scheduler = new optim.OneCycleLR(optimizer, 0.1, { epochs: 10, stepsPerEpoch: loader.length })
 * ```
 *
 * @param maxLr the highest rate, one for all groups or one for each
 * @throws {RangeError} when a number is out of range or the length of the cycle is not given.
 * @throws {StateError} when the momentum should be cycled and the optimizer has none; by `step()`, when the cycle is over.
 *
 * Source: Smith and Topin, "Super-Convergence", 2018; torch.optim.lr_scheduler.OneCycleLR.
 */
export class OneCycleLR extends LRScheduler {
  readonly #maxLrs: readonly number[]
  readonly #totalSteps: number
  readonly #phases: readonly Phase[]
  readonly #anneal: (from: number, to: number, share: number) => number
  readonly #cycleMomentum: boolean

  constructor(optimizer: Scheduled, maxLr: number | readonly number[], options: OneCycleOptions = {}) {
    super(optimizer)
    checkOptions('OneCycleLR', options, OPTIONS)
    this.#totalSteps = stepsOf(options)
    this.#maxLrs = ratesOf(maxLr, optimizer.paramGroups.length)
    this.#phases = phasesOf(options, this.#totalSteps)
    const strategy = checkChoice('OneCycleLR', 'annealStrategy', options.annealStrategy ?? 'cos', ['cos', 'linear'])
    this.#anneal = strategy === 'cos' ? annealCos : annealLinear
    this.#cycleMomentum = options.cycleMomentum ?? true
    if (this.#cycleMomentum && this.#groups().some(({ momentum, betas }) => (momentum ?? betas) === undefined)) {
      throw new StateError('OneCycleLR: expected an optimizer with momentum or betas; or set cycleMomentum: false')
    }
    this.start()
  }

  #groups(): MomentumGroup[] {
    return this.optimizer.paramGroups as MomentumGroup[]
  }

  /** The phase that a step lies in and how much of it has passed. */
  #phaseAt(step: number): { phase: Phase; share: number } {
    if (step > this.#totalSteps) {
      throw new StateError(`OneCycleLR: expected at most ${this.#totalSteps} steps, got ${step}`)
    }
    const found = this.#phases.findIndex(({ end }) => step <= end)
    const at = found === -1 ? this.#phases.length - 1 : found
    const begin = at === 0 ? 0 : this.#phases[at - 1].end
    return { phase: this.#phases[at], share: (step - begin) / (this.#phases[at].end - begin) }
  }

  protected override rate(step: number, _lr: number, _baseLr: number, group: number): number {
    const { phase, share } = this.#phaseAt(step)
    const maxLr = this.#maxLrs[Math.min(group, this.#maxLrs.length - 1)]
    return this.#anneal(...phase.rates(maxLr), share)
  }

  protected override adjust(step: number): void {
    if (!this.#cycleMomentum) return
    const { phase, share } = this.#phaseAt(step)
    const momentum = this.#anneal(...phase.momenta, share)
    for (const group of this.#groups()) {
      if (group.betas === undefined) group.momentum = momentum
      else group.betas = [momentum, group.betas[1]]
    }
  }
}

function annealCos(from: number, to: number, share: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2
}

function annealLinear(from: number, to: number, share: number): number {
  return from + (to - from) * share
}

function stepsOf({ totalSteps, epochs, stepsPerEpoch }: OneCycleOptions): number {
  if (totalSteps !== undefined) return checkInteger('OneCycleLR', 'totalSteps', totalSteps, 1)
  if (epochs === undefined || stepsPerEpoch === undefined) {
    throw new RangeError('OneCycleLR: expected totalSteps, or epochs and stepsPerEpoch, got neither')
  }
  checkInteger('OneCycleLR', 'epochs', epochs, 1)
  return epochs * checkInteger('OneCycleLR', 'stepsPerEpoch', stepsPerEpoch, 1)
}

function ratesOf(maxLr: number | readonly number[], count: number): readonly number[] {
  const rates = typeof maxLr === 'number' ? new Array<number>(count).fill(maxLr) : maxLr
  if (!Array.isArray(rates) || rates.length !== count) {
    throw new DTypeError(`OneCycleLR: expected maxLr to be a number or ${count} of them, got ${describe(maxLr)}`)
  }
  for (const rate of rates) checkFinite('OneCycleLR', 'maxLr', rate)
  return rates
}

function phasesOf(options: OneCycleOptions, totalSteps: number): Phase[] {
  const { pctStart = 0.3, baseMomentum = 0.85, maxMomentum = 0.95, divFactor = 25, finalDivFactor = 1e4 } = options
  checkUnitInterval('OneCycleLR', 'pctStart', pctStart)
  for (const [name, value] of Object.entries({ baseMomentum, maxMomentum, divFactor, finalDivFactor })) {
    checkFinite('OneCycleLR', name, value)
  }
  const first = (maxLr: number): number => maxLr / divFactor
  const last = (maxLr: number): number => first(maxLr) / finalDivFactor
  const up: Phase = {
    end: pctStart * totalSteps - 1,
    rates: (maxLr) => [first(maxLr), maxLr],
    momenta: [maxMomentum, baseMomentum],
  }
  const [momenta, end] = [[baseMomentum, maxMomentum] as [number, number], totalSteps - 1]
  if (!options.threePhase) return [up, { end, rates: (maxLr) => [maxLr, last(maxLr)], momenta }]
  return [
    up,
    { end: 2 * pctStart * totalSteps - 2, rates: (maxLr) => [maxLr, first(maxLr)], momenta },
    { end, rates: (maxLr) => [first(maxLr), last(maxLr)], momenta: [maxMomentum, maxMomentum] },
  ]
}
