import { memory } from '../kernels/select.ts'
import type { Module } from '../nn/module.ts'
import type { StateDict } from '../nn/state_dict.ts'
import { ReduceLROnPlateau } from '../optim/index.ts'
import { manualSeed } from '../tensor/generator.ts'
import { untracked } from '../tensor/scope.ts'
import { beginRun } from './begin_run.ts'
import { BestTracker } from './best.ts'
import type { RunContext } from './callback.ts'
import { Interrupt } from './interrupt.ts'
import type { Batch, Settings } from './options.ts'
import { batchesOf, measure, partsOf, Tally } from './passes.ts'
import { Reporter } from './reporter.ts'
import type { EpochRecord, Measures, Outcome, Run } from './run.ts'
import { checkpointPath, type Position, prepareFolder, restoreRun, resumePath, saveRun } from './run_state.ts'
import { trainStep } from './step.ts'
import { verdictOn } from './verdict.ts'

const startOf = (epoch: number, step: number): Position => ({
  epoch,
  step,
  batch: 0,
  gradNorms: [0, 0],
  seconds: 0,
  trained: null,
})

/** One call of `fit`. */
export class Session {
  readonly #model: Module
  readonly #settings: Settings
  readonly #tally: Tally
  readonly #best: BestTracker
  readonly #reporter: Reporter
  #run: Run
  #position = startOf(1, 0)
  #bestModel: StateDict | null = null
  #interrupt = new Interrupt(false)
  #stopAsked = false
  /** When the run would have begun without a break. */
  #started = 0

  constructor(model: Module, settings: Settings) {
    this.#model = model
    this.#settings = settings
    this.#tally = new Tally(settings.metrics)
    this.#best = new BestTracker(settings.monitor, settings.mode, settings.earlyStopping?.minDelta ?? 0)
    this.#run = beginRun(model, settings)
    this.#reporter = new Reporter(settings)
  }

  async run(): Promise<Run> {
    const { checkpoints, seed, signals, callbacks } = this.#settings
    if (checkpoints !== null) prepareFolder(checkpoints)
    if (seed !== null) manualSeed(seed)
    this.#tally.reset()
    this.#restore()
    this.#started = performance.now() - 1000 * this.#run.seconds
    this.#interrupt = new Interrupt(signals)
    try {
      for (const callback of callbacks) await callback.onRunStart?.(this.#context())
      this.#run.outcome = await this.#epochs()
      this.#conclude()
      for (const callback of callbacks) await callback.onRunEnd?.(this.#context())
    } finally {
      this.#reporter.clear()
      this.#model.eval()
      this.#interrupt.release()
    }
    return this.#run
  }

  #context(): RunContext {
    const stop = (): void => {
      this.#stopAsked = true
    }
    return { model: this.#model, optimizer: this.#settings.optimizer, run: this.#run, stop }
  }

  /** Goes on where a checkpoint was written, if one is asked for. */
  #restore(): void {
    const path = resumePath(this.#settings)
    if (path === null) return
    const { position, tally, best, run, bestModel } = restoreRun(path, this.#model, this.#settings)
    this.#position = position
    this.#tally.loadStateDict(tally)
    this.#best.loadStateDict(best)
    this.#bestModel = bestModel
    this.#run = { ...run, epochs: this.#settings.epochs, outcome: 'running', verdict: null }
    this.#reporter.resumed(path, position)
  }

  async #epochs(): Promise<Outcome> {
    while (this.#position.epoch <= this.#settings.epochs) {
      if (this.#patienceIsOver()) return 'early'
      const trained = await this.#train()
      if (trained !== null && !this.#interrupt.received) await this.#finishEpoch(trained)
      if (this.#interrupt.received) return 'interrupted'
      if (this.#stopAsked) return 'stopped'
    }
    return this.#patienceIsOver() ? 'early' : 'finished'
  }

  #patienceIsOver(): boolean {
    const { earlyStopping } = this.#settings
    return earlyStopping !== null && this.#best.since >= Math.max(1, earlyStopping.patience)
  }

  /** The batches of the epoch that are left; null when the run ends among them. */
  async #train(): Promise<Measures | null> {
    const position = this.#position
    if (position.trained !== null) return position.trained
    const { train, accumulate, checkpoints } = this.#settings
    this.#reporter.startEpoch(position)
    this.#model.train()
    // A source without a state of its own begins anew: what was used is read past.
    let skip = train.loadStateDict === undefined ? position.batch : 0
    let pending: Batch[] = []
    let clock = performance.now()
    for await (const batch of batchesOf(train)) {
      if (skip-- > 0) continue
      this.#run.inputShape ??= [...partsOf('fit', batch).inputs[0].shape]
      pending.push(batch)
      if (pending.length < accumulate && position.batch + pending.length < train.length) continue
      await this.#step(pending, clock)
      if (this.#interrupt.received || this.#stopAsked) return null
      if (checkpoints?.everySteps != null && position.step % checkpoints.everySteps === 0) this.#save('last')
      pending = []
      clock = performance.now()
    }
    position.trained = this.#tally.compute()
    return position.trained
  }

  async #step(batches: readonly Batch[], clock: number): Promise<void> {
    const position = this.#position
    const { steps } = this.#run
    const { callbacks } = this.#settings
    const info = trainStep(this.#model, this.#settings, this.#tally, position, batches)
    steps.loss.push(info.loss)
    steps.lr.push(info.lr)
    if (info.gradNorm !== null) {
      steps.gradNorm.push(info.gradNorm)
      position.gradNorms[0] += info.gradNorm
      position.gradNorms[1]++
    }
    this.#schedule('step', info.loss)
    position.seconds += (performance.now() - clock) / 1000
    this.#reporter.step(info, this.#tally)
    for (const callback of callbacks) await callback.onStep?.(info, this.#context())
    if (callbacks.length > 0) this.#model.train()
  }

  #schedule(interval: 'epoch' | 'step', value: number): void {
    const { scheduler, schedulerInterval } = this.#settings
    if (scheduler === null || schedulerInterval !== interval) return
    // Other schedules would take a number for that of an epoch.
    if (scheduler instanceof ReduceLROnPlateau) scheduler.step(value)
    else (scheduler as { step(): void }).step()
  }

  /** Validation, and everything that follows from it. Without effect when the run is interrupted meanwhile. */
  async #finishEpoch(train: Measures): Promise<void> {
    const { validation: source, loss, metrics, callbacks, checkpoints, earlyStopping } = this.#settings
    const stopped = (): boolean => this.#interrupt.received
    const validation = source === null ? null : await measure('fit', this.#model, source, loss, metrics, stopped)
    if (this.#interrupt.received) return
    const value = this.#best.valueOf({ train, validation })
    const { epoch, step } = this.#position
    const improved = this.#best.update(epoch, value)
    const record = this.#record(train, validation, improved)
    this.#run.history.push(record)
    this.#run.best = this.#best.best
    this.#schedule('epoch', value)
    if (improved && earlyStopping?.restoreBest) this.#keepBest()
    this.#position = startOf(epoch + 1, step)
    this.#tally.reset()
    this.#reporter.epoch(record)
    for (const callback of callbacks) await callback.onEpochEnd?.(record, this.#context())
    if (improved && checkpoints?.best) this.#save('best')
    this.#save('last')
  }

  #record(train: Measures, validation: Measures | null, improved: boolean): EpochRecord {
    const { epoch, step, gradNorms, seconds } = this.#position
    return {
      epoch,
      step,
      train,
      validation,
      lr: this.#settings.optimizer.paramGroups.map(({ lr }) => lr),
      gradNorm: gradNorms[1] === 0 ? null : gradNorms[0] / gradNorms[1],
      improved,
      seconds,
      samplesPerSecond: this.#tally.samples / seconds,
      memory: memory().live,
    }
  }

  #keepBest(): void {
    untracked(() => {
      for (const tensor of Object.values(this.#bestModel ?? {})) tensor.dispose()
      const copies = Object.entries(this.#model.stateDict()).map(([name, tensor]) => [name, tensor.clone()])
      this.#bestModel = Object.fromEntries(copies)
    })
  }

  #save(which: 'last' | 'best'): string | null {
    const { checkpoints } = this.#settings
    if (checkpoints === null) return null
    this.#run.seconds = (performance.now() - this.#started) / 1000
    const path = checkpointPath(checkpoints, which)
    const best = { best: this.#best.stateDict(), bestModel: this.#bestModel }
    const progressed = { position: this.#position, tally: this.#tally.stateDict(), run: this.#run, ...best }
    saveRun(path, this.#model, this.#settings, progressed)
    return path
  }

  #conclude(): void {
    const run = this.#run
    run.seconds = (performance.now() - this.#started) / 1000
    if (run.outcome === 'interrupted') {
      this.#reporter.interrupted(this.#save('last'))
      return
    }
    if (run.outcome === 'stopped') this.#save('last')
    const restored = this.#bestModel !== null && run.best?.epoch !== run.history.length
    if (this.#bestModel !== null) this.#model.loadStateDict(this.#bestModel)
    run.verdict = verdictOn(run, this.#model, this.#settings)
    this.#reporter.concluded(run, restored)
  }
}
