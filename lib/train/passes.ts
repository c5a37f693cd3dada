import { setImmediate } from 'node:timers/promises'
import { noGrad } from '../autograd/grad_mode.ts'
import type { Module } from '../nn/module.ts'
import { withEval } from '../nn/with_eval.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkBoolean, checkOptions } from '../util/check.ts'
import { DTypeError, ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { type Metric, type MetricName, type MetricState, resolveMetrics } from './metrics/index.ts'
import type { Batch, BatchSource, Loss } from './options.ts'
import type { Measures } from './run.ts'
import { type Runner, runnerOf } from './runner.ts'

/** One pass over a source, with a turn of the event loop before each batch, where signals and timers are heard. */
export async function* batchesOf(source: BatchSource): AsyncGenerator<Batch, void, undefined> {
  if (source[Symbol.asyncIterator] !== undefined) {
    yield* source as AsyncIterable<Batch>
    return
  }
  for (const batch of source as Iterable<Batch>) {
    await setImmediate()
    yield batch
  }
}

/** What a {@link Tally} needs to continue; plain JSON. */
export interface TallyState {
  loss: number
  samples: number
  metrics: Record<string, MetricState>
}

/** Sums of one pass: the loss and the metrics. */
export class Tally {
  readonly #metrics: readonly Metric[]
  #loss = 0
  #samples = 0

  constructor(metrics: readonly Metric[]) {
    this.#metrics = metrics
  }

  get samples(): number {
    return this.#samples
  }

  reset(): void {
    this.#loss = 0
    this.#samples = 0
    for (const metric of this.#metrics) metric.reset()
  }

  /** Takes a batch of `samples` whose mean loss was `loss`. */
  add(loss: number, samples: number, output: Tensor, target: Tensor): void {
    this.#loss += loss * samples
    this.#samples += samples
    noGrad(() => {
      for (const metric of this.#metrics) metric.update(output, target)
    })
  }

  compute(): Measures {
    const metrics = this.#metrics.map((metric) => [metric.name, metric.compute()])
    return { loss: this.#loss / this.#samples, metrics: Object.fromEntries(metrics) }
  }

  stateDict(): TallyState {
    const metrics = this.#metrics.map((metric) => [metric.name, metric.stateDict()])
    return { loss: this.#loss, samples: this.#samples, metrics: Object.fromEntries(metrics) }
  }

  loadStateDict({ loss, samples, metrics }: TallyState): void {
    this.#loss = loss
    this.#samples = samples
    for (const metric of this.#metrics)
      if (metrics[metric.name] !== undefined) metric.loadStateDict(metrics[metric.name])
  }

  /** Takes the place of tallies that were kept apart, each of whose metrics has `merge`. */
  mergeStates(states: readonly TallyState[]): void {
    const sum = (of: (state: TallyState) => number): number => states.reduce((total, state) => total + of(state), 0)
    const merged = this.#metrics.map(({ name, merge }, i) => [
      name,
      merge?.call(
        this.#metrics[i],
        states.map(({ metrics }) => metrics[name]),
      ),
    ])
    this.loadStateDict({
      loss: sum(({ loss }) => loss),
      samples: sum(({ samples }) => samples),
      metrics: Object.fromEntries(merged),
    })
  }
}

/** The inputs of a batch, and its target, which comes last. */
export function partsOf(op: string, batch: Batch): { inputs: Tensor[]; target: Tensor; samples: number } {
  const inputs = batch.slice(0, -1)
  const target = batch.at(-1)
  if (target === undefined || inputs.length === 0) {
    throw new ShapeError(`${op}: expected batches of inputs and a target, got ${batch.length} tensors`)
  }
  return { inputs, target, samples: inputs[0].shape[0] ?? 1 }
}

/** The loss of a batch as a number, which must be one. */
export function numberOf(op: string, loss: Tensor): number {
  if (loss.size !== 1) {
    throw new ShapeError(`${op}: expected a loss of one element, got ${loss.size}; loss ${formatShape(loss.shape)}`)
  }
  return Number(loss.item())
}

/**
 * Notes what a model does on a source, in evaluation and without gradients; ends early, with what there is, when
 * `stopped` says so.
 */
export async function measure(
  op: string,
  model: Module,
  source: BatchSource,
  lossOf: (output: Tensor, target: Tensor) => Tensor,
  metrics: readonly Metric[],
  run: Runner,
  stopped: () => boolean = () => false,
): Promise<Tally> {
  const tally = new Tally(metrics)
  tally.reset()
  await withEval(model, async () => {
    for await (const batch of batchesOf(source)) {
      const { inputs, target, samples } = partsOf(op, batch)
      const [output, loss] = await run(() =>
        noGrad(() => {
          const output = model.forward(...(inputs as [Tensor]))
          return [output, lossOf(output, target)] as const
        }),
      )
      tally.add(numberOf(op, loss), samples, output, target)
      loss.dispose()
      if (stopped()) break
    }
  })
  return tally
}

/** What {@link evaluate} measures, and whether it leaves the event loop free meanwhile. */
export interface EvaluateOptions {
  /** A function or a module whose value is a mean over the samples. */
  loss: Loss
  /** By name or as objects; none by default. */
  metrics?: readonly (MetricName | Metric)[]
  /** Whether the arithmetic is queued, as {@link runAsync} does, so that the event loop goes on; `false` by default. */
  async?: boolean
}

/**
 * Measures a model on data: loss and metrics over all samples, in evaluation mode and without gradients. The model is afterwards
 * in the mode it was in.
 *
 * ```ts
 * const { loss, metrics } = await evaluate(model, loader, { loss: F.crossEntropy, metrics: ['accuracy'] })
 * ```
 *
 * @param source batches of inputs and a target, such as a `DataLoader`
 * @throws {RangeError} for an unknown option or metric.
 */
export async function evaluate(model: Module, source: BatchSource, options: EvaluateOptions): Promise<Measures> {
  checkOptions('evaluate', options, ['loss', 'metrics', 'async'])
  const { loss, metrics = [], async: queued = false } = options
  checkBoolean('evaluate', 'async', queued)
  if (typeof loss !== 'function' && typeof loss?.forward !== 'function') {
    throw new DTypeError('evaluate: expected loss to be a function or a module')
  }
  const lossOf = typeof loss === 'function' ? loss : (output: Tensor, target: Tensor) => loss.forward(output, target)
  const wanted = resolveMetrics('evaluate', metrics)
  return (await measure('evaluate', model, source, lossOf, wanted, runnerOf(queued))).compute()
}
