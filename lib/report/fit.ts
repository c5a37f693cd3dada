import { isFirstRank } from '../distributed/world.ts'
import type { Module } from '../nn/module.ts'
import { type FitOptions as BaseOptions, fit as baseFit } from '../train/index.ts'
import type { Run } from '../train/run.ts'
import { Dashboard, type DashboardOptions } from './dashboard/index.ts'
import { DetailsCallback, type DetailsOptions } from './details/index.ts'

/** What {@link fit} trains on and how, and what it shows of the run. */
export interface FitOptions extends BaseOptions {
  /**
   * Whether pictures, histograms and answers are gathered for a report, and how: see {@link DetailsCallback}, whose `data` are here
   * the validation data by default. `false` by default, but `true` with a dashboard.
   */
  details?: boolean | DetailsOptions
  /**
   * Whether the run is served as a page on 127.0.0.1 while it goes on, and on which port; see {@link Dashboard}. Its address is shown
   * with the progress. `false` by default.
   */
  dashboard?: boolean | DashboardOptions
}

/** The options of one that may also be switched on with its defaults; null when it is off. */
const optionsOf = <T extends object>(given: boolean | T): T | null =>
  given === false ? null : given === true ? ({} as T) : given

/** Says where the page is, where progress is shown. */
function announce({ verbose = true }: BaseOptions, url: string): void {
  if (verbose === false) return
  const output = verbose === true ? process.stdout : verbose
  output.write(`dashboard: ${url}\n`)
}

/**
 * Trains a model and tells the story: metrics, a line of progress, early stopping, checkpoints and a verdict in words.
 *
 * The loss has to be a mean over the samples of a batch. With `accumulate: k` the gradients of `k` batches, each weighted by its
 * share of their samples, make one step. With `checkpoints` and `resume: true` a run that was killed at any moment and is
 * started again ends with the same bits as one that was never stopped. `details` gathers what a {@link report} shows, and
 * `dashboard` serves it while the run goes on.
 *
 * ```ts
 * const run = await fit(model, { train, validation, loss: F.crossEntropy, optimizer, epochs: 10, metrics: ['accuracy'] })
 * ```
 *
 * @param model - to train; its parameters should be those of the optimizer.
 * @returns the story of the run, plain data.
 * @throws {NonFiniteError} when the loss becomes NaN or infinite; it names the step, the batch and the first layer whose output was
 * not finite. Checkpoints are then those from before.
 * @throws {RangeError} or {DTypeError} for options that make no sense.
 * @throws {FormatError} when the checkpoint to resume from is damaged or is that of another model or optimizer.
 */
export async function fit(model: Module, options: FitOptions): Promise<Run> {
  const { dashboard: asked = false, details: wanted = asked !== false, ...rest } = options
  // Of several ranks one shows.
  const [shown, details] = isFirstRank() ? [asked, wanted] : [false, false]
  const show = optionsOf(shown)
  const gathered = optionsOf(details)
  const onListen = (url: string): void => (show?.onListen === undefined ? announce(rest, url) : show.onListen(url))
  const dashboard = show === null ? null : new Dashboard({ ...show, onListen })
  // Nobody waits for answers behind every epoch unless somebody looks.
  const live = () => dashboard?.watched ?? false
  const gather = gathered === null ? null : new DetailsCallback({ data: rest.validation ?? null, live, ...gathered })
  const callbacks = [...(rest.callbacks ?? []), gather, dashboard].filter((one) => one !== null)
  try {
    return await baseFit(model, { ...rest, callbacks })
  } finally {
    await dashboard?.close()
  }
}
