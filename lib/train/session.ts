import { memory } from '../kernels/select.ts'
import type { Module } from '../nn/module.ts'
import type { StateDict } from '../nn/state_dict.ts'
import { ReduceLROnPlateau } from '../optim/index.ts'
import { getGeneratorState, manualSeed } from '../tensor/generator.ts'
import { untracked } from '../tensor/scope.ts'
import { beginRun } from './begin_run.ts'
import { BestTracker } from './best.ts'
import type { RunContext } from './callback.ts'
import { Interrupt } from './interrupt.ts'
import type { Batch, Settings } from './options.ts'
import { batchesOf, measure, partsOf, Tally } from './passes.ts'
import { type Halt, Ranks, unwrapped } from './ranks.ts'
import { Reporter } from './reporter.ts'
import type { EpochRecord, Measures, Outcome, Run } from './run.ts'
import { checkpointPath, type Position, prepareFolder, restoreRun, resumePath, saveRun } from './run_state.ts'
import { runnerOf } from './runner.ts'
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
  /** What is trained: on several ranks a wrapper. */
  readonly #model: Module
  /** What is shown and saved: the model inside. */
  readonly #plain: Module
  readonly #ranks: Ranks
  readonly #settings: Settings
  readonly #tally: Tally
  readonly #best: BestTracker
  readonly #reporter: Reporter
  #run: Run
  #position = startOf(1, 0)
  #bestModel: StateDict | null = null
  #interrupt = new Interrupt(false)
  #stopAsked = false
  /** What all ranks know of. */
  #halt: Halt = { interrupted: false, stopped: false }
  /** When the run would have begun without a break. */
  #started = 0

  constructor(model: Module, settings: Settings) {
    this.#model = model
    this.#plain = unwrapped(model)
    this.#ranks = new Ranks(model, settings)
    this.#settings = settings
    this.#tally = new Tally(settings.metrics)
    this.#best = new BestTracker(settings.monitor, settings.mode, settings.earlyStopping?.minDelta ?? 0)
    this.#run = beginRun(this.#plain, settings)
    this.#run.ranks = { size: this.#ranks.size, globalBatch: this.#ranks.globalBatch }
    this.#reporter = new Reporter(this.#ranks.first ? settings : { ...settings, verbose: false })
  }

  async run(): Promise<Run> {
    const { checkpoints, seed, signals, callbacks } = this.#settings
    const ranks = this.#ranks
    ranks.checkBatches()
    this.#reporter.roster(ranks.roster())
    if (checkpoints !== null && ranks.first) prepareFolder(checkpoints)
    // Ranks that drew the same numbers would drop the same units of different samples.
    if (seed !== null) manualSeed(seed + ranks.rank)
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
    return { model: this.#plain, optimizer: this.#settings.optimizer, run: this.#run, stop }
  }

  /** Goes on where a checkpoint was written, if one is asked for. */
  #restore(): void {
    const path = this.#ranks.fromFirst(resumePath(this.#settings))
    if (path === null) return
    const saved = restoreRun(path, this.#plain, this.#settings, this.#ranks)
    const { position, tally, best, run, bestModel, perRank } = saved
    this.#position = position
    this.#ranks.share(this.#tally, perRank?.map((rank) => rank.tally) ?? [tally])
    this.#best.loadStateDict(best)
    this.#bestModel = bestModel
    const { ranks, batches } = this.#run
    this.#run = { ...run, ranks, batches, epochs: this.#settings.epochs, outcome: 'running', verdict: null }
    this.#reporter.resumed(path, position)
    this.#reporter.otherRanks(run.ranks, ranks)
  }

  async #epochs(): Promise<Outcome> {
    while (this.#position.epoch <= this.#settings.epochs) {
      if (this.#ranks.fromFirst(this.#patienceIsOver())) return 'early'
      const trained = await this.#train()
      if (trained !== null && !this.#halt.interrupted) await this.#finishEpoch(trained)
      this.#agree()
      if (this.#halt.interrupted) return 'interrupted'
      if (this.#halt.stopped) return 'stopped'
    }
    return this.#ranks.fromFirst(this.#patienceIsOver()) ? 'early' : 'finished'
  }

  /** Lets all ranks know what one of them was asked to do. */
  #agree(): void {
    this.#halt = this.#ranks.agree({ interrupted: this.#interrupt.received, stopped: this.#stopAsked })
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
      if (this.#halt.interrupted || this.#halt.stopped) return null
      if (checkpoints?.everySteps != null && position.step % checkpoints.everySteps === 0) this.#save('last')
      pending = []
      clock = performance.now()
    }
    position.trained = this.#ranks.measures(this.#tally).measures
    return position.trained
  }

  async #step(batches: readonly Batch[], clock: number): Promise<void> {
    const position = this.#position
    const { steps } = this.#run
    const { callbacks } = this.#settings
    const info = await trainStep(this.#model, this.#settings, this.#tally, position, batches, this.#ranks)
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
    this.#agree()
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
    const runner = runnerOf(this.#settings.async)
    this.#ranks.syncBuffers()
    // The metrics are shared with the tally of training, which is over: its numbers are in the position.
    const samples = this.#ranks.measures(this.#tally).samples
    const tally = source === null ? null : await measure('fit', this.#plain, source, loss, metrics, runner, stopped)
    this.#agree()
    if (this.#halt.interrupted) return
    const validation = tally === null ? null : this.#ranks.measures(tally).measures
    const value = this.#best.valueOf({ train, validation })
    const { epoch, step } = this.#position
    const improved = this.#best.update(epoch, value)
    const record = this.#record(train, validation, improved, samples)
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

  #record(train: Measures, validation: Measures | null, improved: boolean, samples: number): EpochRecord {
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
      samplesPerSecond: samples / seconds,
      memory: memory().live,
    }
  }

  #keepBest(): void {
    untracked(() => {
      for (const tensor of Object.values(this.#bestModel ?? {})) tensor.dispose()
      const copies = Object.entries(this.#plain.stateDict()).map(([name, tensor]) => [name, tensor.clone()])
      this.#bestModel = Object.fromEntries(copies)
    })
  }

  #save(which: 'last' | 'best'): string | null {
    const { checkpoints } = this.#settings
    if (checkpoints === null) return null
    this.#run.seconds = (performance.now() - this.#started) / 1000
    const path = checkpointPath(checkpoints, which)
    const best = { best: this.#best.stateDict(), bestModel: this.#bestModel }
    const tally = this.#tally.stateDict()
    const progressed = { position: this.#position, tally, run: this.#run, ...best }
    const perRank = this.#ranks.gather({ generator: getGeneratorState(), tally })
    if (!this.#ranks.first) return path
    saveRun(path, this.#plain, this.#settings, this.#ranks.size === 1 ? progressed : { ...progressed, perRank })
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
    if (this.#bestModel !== null) this.#plain.loadStateDict(this.#bestModel)
    run.verdict = verdictOn(run, this.#plain, this.#settings)
    this.#reporter.concluded(run, restored)
  }
}
