import { memory } from '../kernels/select.ts'
import type { StepInfo } from './callback.ts'
import type { Settings } from './options.ts'
import type { Tally } from './passes.ts'
import { describeEpoch, Progress } from './progress.ts'
import type { EpochRecord, Run } from './run.ts'
import type { Position } from './run_state.ts'

/** What `fit` shows, nothing unless it is asked to: the one place of the library that prints. */
export class Reporter {
  readonly #progress: Progress | null
  readonly #epochs: number

  constructor({ verbose, epochs, train }: Settings) {
    const output = verbose === true ? process.stdout : verbose
    this.#epochs = epochs
    this.#progress = output === false ? null : new Progress(output, { epochs, batches: train.length, unit: 'samples' })
  }

  startEpoch({ epoch, batch }: Position): void {
    this.#progress?.startEpoch(epoch, batch)
  }

  step({ batch, samples, loss }: StepInfo, tally: Tally): void {
    if (this.#progress === null) return
    // Metrics and memory take time to find out, so only for what is shown.
    const extras = this.#progress.due ? { metrics: tally.compute().metrics, memory: memory().live } : {}
    this.#progress.step({ batch, samples, loss, ...extras })
  }

  epoch(record: EpochRecord): void {
    this.#progress?.print(describeEpoch(record, this.#epochs, 'samples'))
  }

  /** Which process is which rank. */
  roster(text: string | null): void {
    if (text !== null) this.#progress?.print(text)
  }

  /** A run that goes on with other steps than it began with. */
  otherRanks(before: Run['ranks'], now: Run['ranks']): void {
    const [from, to] = [before?.size ?? 1, now?.size ?? 1]
    if (from !== to) this.#progress?.print(`the run began on ${from} ranks and goes on on ${to}`)
    const [old, batch] = [before?.globalBatch ?? null, now?.globalBatch ?? null]
    if (old === null || batch === null || old === batch) return
    this.#progress?.print(
      `warning: a step now has ${batch} samples instead of ${old}; the learning rate may have to change`,
    )
  }

  resumed(path: string, { epoch, step, batch }: Position): void {
    const where = batch === 0 ? '' : `, behind batch ${batch}`
    this.#progress?.print(`resumed from ${path}: epoch ${epoch}${where}, step ${step}`)
  }

  interrupted(path: string | null): void {
    this.#progress?.print(
      path === null
        ? 'interrupted; nothing is saved, name a folder for checkpoints to go on another time'
        : `interrupted; saved to ${path}, go on with resume: true`,
    )
  }

  concluded({ best, verdict, outcome, history }: Run, restored: boolean): void {
    if (outcome === 'early' && best !== null) {
      const after = history.length - best.epoch
      this.#progress?.print(
        `stopped early: epoch ${best.epoch} was the best, ${after} epochs without improvement since`,
      )
    }
    if (restored) this.#progress?.print(`the model has the weights of epoch ${best?.epoch}`)
    if (verdict !== null) this.#progress?.print(verdict.text)
  }

  clear(): void {
    this.#progress?.clear()
  }
}
