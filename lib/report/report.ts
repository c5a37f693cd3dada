import { isFirstRank } from '../distributed/world.ts'
import { saveParts } from '../io/replace_file.ts'
import type { Run } from '../train/run.ts'
import { describe } from '../util/check.ts'
import { DTypeError } from '../util/errors.ts'
import { pageData } from './page_data.ts'
import { pageHtml } from './page_html.ts'

/**
 * Writes a run as one self-contained HTML file: curves of loss, metrics, learning rate and gradient norm that can be zoomed, and
 * what a {@link DetailsCallback} gathered: confusion matrix, worst mistakes, filters, feature maps, histograms and norms of weights,
 * summary and findings. The file needs nothing beside it and no network. Of several ranks the first alone writes it: the others have
 * gathered no details.
 *
 * ```ts
 * const run = await fit(model, { train, validation, loss, optimizer, epochs: 5, details: true })
 * report(run, 'report.html')
 * ```
 *
 * @param run - of `fit`, or the same read from JSON.
 * @param path - of the file; its folder must exist.
 * @throws {DTypeError} when `run` is no run.
 * @throws {FormatError} when the file cannot be written.
 */
export function report(run: Run, path: string): void {
  if (!Array.isArray(run?.history) || !Array.isArray(run.steps?.loss)) {
    throw new DTypeError(`report: expected a run of fit, got ${describe(run)}`)
  }
  if (!isFirstRank()) return
  const html = pageHtml(`${run.model.name} · training run`, pageData(run))
  saveParts('report', path, [Buffer.from(html)])
}
