import { isFirstRank } from '../distributed/world.ts'
import { SummaryWriter } from '../io/tensorboard/index.ts'
import type { Module } from '../nn/module.ts'
import type { Callback, RunContext, StepInfo } from '../train/callback.ts'
import type { EpochRecord, Measures } from '../train/run.ts'
import { checkInteger, checkOptions } from '../util/check.ts'
import { enlarge, toPng } from './viz/picture.ts'
import { filterPictures, firstFilters, sheet } from './viz/tiles.ts'

/** Filters in the picture. */
const MOST_FILTERS = 64

/** Side of the square that a weight becomes: TensorBoard shows pictures as small as they are. */
const SCALE = 6

/** What a {@link TensorBoard} writes beside the measures of each epoch. */
export interface TensorBoardOptions {
  /** Steps from one point of the step curves to the next, at least 1. 10 by default. */
  every?: number
  /** Whether histograms of the weights are written behind every epoch. `true` by default. */
  histograms?: boolean
  /** Whether the first convolution's filters are written as a picture behind every epoch. `true` by default. */
  images?: boolean
}

function addFilters(writer: SummaryWriter, model: Module, step: number): void {
  const found = firstFilters(model)
  if (found === null || found[1].size === 0) return
  const [name, weight] = found
  writer.addImage(`filters/${name}`, toPng(enlarge(sheet(filterPictures(weight, MOST_FILTERS)), SCALE)), step)
}

/** Parameters of fewer dimensions are biases and norms, whose few numbers have no shape worth seeing. */
function addWeights(writer: SummaryWriter, model: Module, step: number): void {
  for (const [name, parameter] of model.namedParameters()) {
    if (parameter.ndim < 2 || parameter.size === 0) continue
    writer.addHistogram(`weights/${name}`, parameter.toTypedArray() as Float32Array, step)
  }
}

/**
 * A callback of `fit` that writes a run into an event file, for `tensorboard --logdir DIR`: `step/loss`, `step/lr` and
 * `step/gradNorm` over steps; `loss/train`, `loss/validation` and each metric of one number likewise, histograms of the weights and
 * a picture of the first filters at the last step of every epoch. A resumed run goes on in a second file of the same folder. Of
 * several ranks the first alone writes.
 *
 * ```ts
 * await fit(model, { train, validation, loss, optimizer, epochs: 5, callbacks: [new TensorBoard('runs/digits')] })
 * ```
 *
 * @throws {RangeError} for an option that does not exist.
 * @throws {FormatError} when the run starts or goes on and the file cannot be written.
 */
export class TensorBoard implements Callback {
  readonly #logDir: string
  readonly #options: Required<TensorBoardOptions>
  #writer: SummaryWriter | null = null

  constructor(logDir: string, options: TensorBoardOptions = {}) {
    checkOptions('TensorBoard', options, ['every', 'histograms', 'images'])
    const { every = 10, histograms = true, images = true } = options
    this.#logDir = logDir
    this.#options = { every: checkInteger('TensorBoard', 'every', every, 1), histograms, images }
  }

  /** The event file; null before the run, and on all ranks but the first. */
  get path(): string | null {
    return this.#writer?.path ?? null
  }

  onRunStart({ model, run }: RunContext): void {
    if (!isFirstRank()) return
    this.#writer = new SummaryWriter(this.#logDir)
    // How the weights were before any step, to compare with; a resumed run wrote that in its first file.
    if (run.steps.loss.length === 0) this.#addModel(model, 0)
  }

  onStep({ step, loss, lr, gradNorm }: StepInfo): void {
    const writer = this.#writer
    if (writer === null || step % this.#options.every !== 0) return
    writer.addScalar('step/loss', loss, step)
    writer.addScalar('step/lr', lr, step)
    if (gradNorm !== null) writer.addScalar('step/gradNorm', gradNorm, step)
  }

  onEpochEnd({ step, train, validation }: EpochRecord, { model }: RunContext): void {
    this.#addMeasures('train', train, step)
    if (validation !== null) this.#addMeasures('validation', validation, step)
    this.#addModel(model, step)
  }

  #addMeasures(which: string, { loss, metrics }: Measures, step: number): void {
    const writer = this.#writer
    if (writer === null) return
    writer.addScalar(`loss/${which}`, loss, step)
    for (const [name, value] of Object.entries(metrics)) {
      if (typeof value === 'number') writer.addScalar(`${name}/${which}`, value, step)
    }
  }

  #addModel(model: Module, step: number): void {
    const writer = this.#writer
    if (writer === null) return
    if (this.#options.histograms) addWeights(writer, model, step)
    if (this.#options.images) addFilters(writer, model, step)
  }
}
