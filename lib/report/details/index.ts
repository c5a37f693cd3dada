import { noGrad } from '../../autograd/grad_mode.ts'
import { getGeneratorState, setGeneratorState } from '../../tensor/generator.ts'
import type { Callback, RunContext } from '../../train/callback.ts'
import type { RunDetails } from '../../train/details.ts'
import type { BatchSource } from '../../train/options.ts'
import { batchesOf, partsOf } from '../../train/passes.ts'
import type { EpochRecord } from '../../train/run.ts'
import { checkInteger, checkOptions } from '../../util/check.ts'
import type { Moments } from '../viz/moments.ts'
import { answersOf, pictureOf } from './answers.ts'
import { mapsOf } from './maps.ts'
import { describeModel } from './model.ts'
import { noteFilters, noteWeights } from './weights.ts'

/**
 * What a {@link DetailsCallback} looks at for a report; `mean` and `std` give pictures of samples their colours back.
 */
export interface DetailsOptions extends Moments {
  /**
   * Where confusions, mistakes and the sample of the feature maps come from, such as the loader of the validation data; none by
   * default, and a report is without them.
   */
  data?: BatchSource | null
  /** Names of the classes, in their order; numbers by default. */
  classNames?: readonly string[] | null
  /** Most samples of the data that are looked at, 2000 by default. */
  samples?: number
  /**
   * Whether answers and feature maps are found out behind every epoch, for somebody who watches, or once at the end
   * (`false`, the default); a function is asked behind every epoch.
   */
  live?: boolean | (() => boolean)
}

const NAMES = ['data', 'classNames', 'mean', 'std', 'samples', 'live']

/** The same source, with its place in the order of epochs as it was. */
async function undisturbed<T>(source: BatchSource, fn: () => Promise<T>): Promise<T> {
  const generator = getGeneratorState()
  const state = source.stateDict?.()
  try {
    return await fn()
  } finally {
    if (state !== undefined) source.loadStateDict?.(state as never)
    setGeneratorState(generator)
  }
}

/**
 * A callback of `fit` that gathers what a report shows beside curves, as plain JSON in `run.details`: behind every epoch the
 * histograms and norms of all weights and the filters of the first convolution; at the end the confusion matrix, the worst mistakes
 * and the feature maps of the first sample of `data`; once the summary and what `lint` finds. It changes no bit of the training.
 *
 * ```ts
 * const details = new DetailsCallback({ data: testLoader, mean: 0.1307, std: 0.3081 })
 * const run = await fit(model, { train, validation: testLoader, loss, optimizer, epochs: 5, callbacks: [details] })
 * report(run, 'report.html')
 * ```
 *
 * @throws {RangeError} for an option that does not exist, or `samples` below 1.
 */
export class DetailsCallback implements Callback {
  readonly #data: BatchSource | null
  readonly #classNames: string[] | null
  readonly #samples: number
  readonly #moments: Moments
  readonly #live: () => boolean

  constructor(options: DetailsOptions = {}) {
    checkOptions('DetailsCallback', options, NAMES)
    const { data = null, classNames = null, samples = 2000, mean = null, std = null, live = false } = options
    this.#data = data
    this.#classNames = classNames === null ? null : [...classNames]
    this.#samples = checkInteger('DetailsCallback', 'samples', samples, 1)
    this.#moments = { mean, std }
    this.#live = typeof live === 'function' ? live : () => live
  }

  onRunStart(context: RunContext): void {
    this.#noteWeights(context, context.run.history.length)
  }

  async onEpochEnd({ epoch }: EpochRecord, context: RunContext): Promise<void> {
    this.#noteWeights(context, epoch)
    this.#describe(context)
    if (this.#live()) await this.#noteAnswers(context)
  }

  async onRunEnd(context: RunContext): Promise<void> {
    this.#describe(context)
    await this.#noteAnswers(context)
  }

  #detailsOf({ run }: RunContext): RunDetails {
    run.details ??= {
      classNames: this.#classNames,
      layers: null,
      totals: [],
      findings: [],
      weights: [],
      filters: null,
      maps: null,
      answers: null,
    }
    return run.details
  }

  #noteWeights(context: RunContext, epoch: number): void {
    const details = this.#detailsOf(context)
    noteWeights(details.weights, context.model, epoch)
    details.filters = noteFilters(details.filters, context.model, epoch)
  }

  #describe(context: RunContext): void {
    const details = this.#detailsOf(context)
    if (details.layers !== null || context.run.inputShape === null) return
    Object.assign(details, describeModel(context.model, context.run.inputShape, context.optimizer))
  }

  async #noteAnswers(context: RunContext): Promise<void> {
    const source = this.#data
    if (source === null) return
    const details = this.#detailsOf(context)
    const { model, run } = context
    await undisturbed(source, async () => {
      details.answers = await answersOf(model, source, this.#samples, this.#moments, run.history.length)
    })
    await undisturbed(source, async () => {
      for await (const batch of batchesOf(source)) {
        const { inputs } = partsOf('report', batch)
        if (inputs.length !== 1 || inputs[0].ndim !== 4) break
        const first = noGrad(() => inputs[0].slice(0, 0, 1))
        details.maps = mapsOf(model, first)
        const values = first.toTypedArray() as ArrayLike<number>
        if (details.maps !== null) details.maps.picture = pictureOf(first, values, 0, this.#moments)
        break
      }
    })
  }
}
