import { checkInteger, describe } from '../util/check.ts'
import { FormatError, RangeError } from '../util/errors.ts'
import { LRScheduler, type Scheduled, type SchedulerState } from './lr_scheduler.ts'
import { LinearLR } from './schedulers.ts'

/**
 * Runs schedulers one after the other: the first until epoch `milestones[0]`, where the second one begins from the initial
 * rates, and so on.
 *
 * ```ts
 * const warmup = new optim.LinearLR(optimizer, { startFactor: 0.1, totalIters: 5 })
 * const cosine = new optim.CosineAnnealingLR(optimizer, 95)
 * const scheduler = new optim.SequentialLR(optimizer, [warmup, cosine], [5])
 * ```
 *
 * @throws {RangeError} when there is not one milestone fewer than schedulers, they do not rise, or a scheduler belongs to
 * another optimizer.
 */
export class SequentialLR extends LRScheduler {
  readonly #schedulers: readonly LRScheduler[]
  readonly #milestones: readonly number[]

  constructor(optimizer: Scheduled, schedulers: readonly LRScheduler[], milestones: readonly number[]) {
    super(optimizer)
    if (schedulers.length === 0 || milestones.length !== schedulers.length - 1) {
      throw new RangeError(
        `SequentialLR: expected one milestone fewer than schedulers, got ${schedulers.length} schedulers and ` +
          `${milestones.length} milestones`,
      )
    }
    milestones.forEach((epoch, i) => {
      checkInteger('SequentialLR', 'milestones', epoch, 1)
      if (i > 0 && epoch <= milestones[i - 1]) {
        throw new RangeError(`SequentialLR: expected milestones that rise, got ${describe(milestones)}`)
      }
    })
    if (schedulers.some((one) => !one.schedules(optimizer))) {
      throw new RangeError('SequentialLR: expected schedulers of the same optimizer')
    }
    this.#schedulers = [...schedulers]
    this.#milestones = [...milestones]
    this.start()
  }

  protected override start(): void {
    // Each scheduler has set its own first rates when it was made; only the first one's count.
    this.#schedulers[0].restart()
    super.start()
  }

  override step(): void {
    const epoch = this.lastEpoch + 1
    const at = this.#milestones.filter((milestone) => milestone <= epoch).length
    if (this.#milestones[at - 1] === epoch) this.#schedulers[at].restart()
    else this.#schedulers[at].step()
    super.step()
  }

  /** The schedulers have set the rates already. */
  protected override rate(_epoch: number, lr: number): number {
    return lr
  }

  override stateDict(): SchedulerState {
    return { ...super.stateDict(), schedulers: this.#schedulers.map((one) => one.stateDict()) }
  }

  override loadStateDict(state: SchedulerState): void {
    const { schedulers = [] } = state
    if (schedulers.length !== this.#schedulers.length) {
      throw new FormatError(
        `SequentialLR.loadStateDict: expected ${this.#schedulers.length} schedulers, got ${schedulers.length}`,
      )
    }
    schedulers.forEach((one, i) => {
      this.#schedulers[i].loadStateDict(one)
    })
    super.loadStateDict(state)
  }
}

/**
 * A warm-up in front of a schedule: over `steps` steps the rate rises linearly from `startFactor` (0.01 by default) times its
 * initial value to it, then `after` begins.
 *
 * ```ts
 * const scheduler = optim.warmup(optimizer, 500, new optim.CosineAnnealingLR(optimizer, 9500))
 * ```
 *
 * @throws {RangeError} when `steps` is no positive integer, `startFactor` is not above 0 and at most 1, or `after` belongs to
 * another optimizer.
 *
 * Source: Goyal et al., "Accurate, Large Minibatch SGD", 2017.
 */
export function warmup(
  optimizer: Scheduled,
  steps: number,
  after: LRScheduler,
  { startFactor = 0.01 }: { startFactor?: number } = {},
): SequentialLR {
  checkInteger('warmup', 'steps', steps, 1)
  return new SequentialLR(optimizer, [new LinearLR(optimizer, { startFactor, totalIters: steps }), after], [steps])
}
