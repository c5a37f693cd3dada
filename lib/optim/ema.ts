import { noGrad } from '../autograd/grad_mode.ts'
import { backend } from '../kernels/select.ts'
import type { Module } from '../nn/module.ts'
import { LazyParameter } from '../nn/parameter.ts'
import { withStrides } from '../ops/dense.ts'
import { untracked } from '../tensor/scope.ts'
import { copyElements, type Tensor } from '../tensor/tensor.ts'
import { checkOptions, checkUnitInterval } from '../util/check.ts'
import { FormatError, StateError } from '../util/errors.ts'
import { restoring } from '../util/promise.ts'
import { formatShape, sameShape } from '../util/shape.ts'
import { stateTensor } from './optimizer.ts'

/** What an {@link ExponentialMovingAverage} averages, and how slowly. */
export interface EmaOptions {
  /** Share of the average that is kept in each update, in [0, 1], 0.999 by default. */
  decay?: number
  /** Whether float32 buffers, such as the running statistics of norms, are averaged too, `false` by default. */
  buffers?: boolean
  /** Whether the decay starts low: `min(decay, (1 + t) / (10 + t))` in update `t`, from 1. `false` by default. */
  warmup?: boolean
}

/** What {@link ExponentialMovingAverage} needs to continue later. */
export interface EmaState {
  /** How often the averages were moved. */
  updates: number
  /** By the names of the model's state dict. */
  averages: Record<string, Tensor>
}

/** A model of any inputs and outputs. */
type Averaged = Pick<Module, 'namedParameters' | 'namedBuffers'>

/** A tensor of the model and its average. */
interface Pair {
  value: Tensor
  average: Tensor
}

/**
 * An exponential moving average of a model's weights, which often predicts better than the weights themselves:
 * `average ← average + (1 − decay) · (weight − average)`, one call over all weights. It starts from the weights as they are.
 *
 * ```ts
 * const average = new optim.ExponentialMovingAverage(model, { decay: 0.999 })
 * // in training, behind every optimizer.step():
 * average.update()
 * // to evaluate with the averages in the model's place:
 * const accuracy = average.withAverages(() => evaluate(model))
 * ```
 *
 * Buffers are left alone unless asked for: the running statistics of batch norms then belong to the weights of the moment,
 * not to the averages.
 *
 * @throws {RangeError} when `decay` does not lie between 0 and 1.
 * @throws {StateError} when a parameter of the model has no shape yet.
 *
 * Source: Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992; Tarvainen and Valpola, "Mean
 * teachers are better role models", 2017.
 */
export class ExponentialMovingAverage {
  readonly decay: number
  readonly #warmup: boolean
  readonly #pairs = new Map<string, Pair>()
  #updates = 0
  #applied = false

  constructor(model: Averaged, options: EmaOptions = {}) {
    checkOptions('ExponentialMovingAverage', options, ['decay', 'buffers', 'warmup'])
    const { decay = 0.999, buffers = false, warmup = false } = options
    this.decay = checkUnitInterval('ExponentialMovingAverage', 'decay', decay)
    this.#warmup = warmup
    const named: [string, Tensor][] = [...model.namedParameters()]
    if (buffers) named.push(...[...model.namedBuffers()].filter(([, { dtype }]) => dtype === 'float32'))
    for (const [name, value] of named) {
      if (value instanceof LazyParameter && value.isLazy) {
        throw new StateError(
          `ExponentialMovingAverage: ${name} has no shape yet; run one forward pass first to infer it`,
        )
      }
      const average = stateTensor(value)
      copyElements('ExponentialMovingAverage', value, average)
      this.#pairs.set(name, { value, average })
    }
  }

  /** How often {@link update} was called. */
  get updates(): number {
    return this.#updates
  }

  /**
   * Moves the averages towards the weights.
   *
   * @throws {StateError} inside {@link withAverages}, where the weights are the averages.
   */
  update(): void {
    this.#checkApart('update')
    const pairs = [...this.#pairs.values()]
    this.#updates++
    const decay = this.#warmup ? Math.min(this.decay, (1 + this.#updates) / (10 + this.#updates)) : this.decay
    if (pairs.length === 0) return
    // A buffer that user code has replaced may lie in memory in another order than its average.
    const values = pairs.map(({ value, average }) => withStrides('ema', value, average.strides))
    backend().kernels.emaStep(
      { sizes: values.map(({ size }) => size), decay },
      pairs.map(({ average }) => average.buffer('ema')),
      values.map((value) => value.buffer('ema')),
    )
    values.forEach((value, i) => {
      if (value !== pairs[i].value) value.dispose()
    })
  }

  /**
   * Runs `fn` with the averages in the model and gives the model its weights back afterwards; when `fn` is asynchronous, as
   * soon as its promise is settled.
   *
   * @returns what `fn` returns
   * @throws {StateError} inside another call of it.
   */
  withAverages<T>(fn: () => T): T {
    this.#checkApart('withAverages')
    const pairs = [...this.#pairs.values()]
    const weights = pairs.map(({ value }) => {
      const copy = stateTensor(value)
      copyElements('withAverages', value, copy)
      return copy
    })
    this.#applied = true
    this.copyToModel()
    return restoring(fn, () => {
      pairs.forEach(({ value }, i) => {
        overwrite(value, weights[i])
        weights[i].dispose()
      })
      this.#applied = false
    })
  }

  /** Makes the averages the model's weights for good. */
  copyToModel(): void {
    for (const { value, average } of this.#pairs.values()) overwrite(value, average)
  }

  #checkApart(op: string): void {
    if (!this.#applied) return
    throw new StateError(`ExponentialMovingAverage.${op}: the averages are in the model; wait until withAverages ends`)
  }

  /** Averages and the number of updates, to continue later; the tensors share this object's memory. */
  stateDict(): EmaState {
    const averages = [...this.#pairs].map(([name, { average }]) => [name, average.alias()])
    return { updates: this.#updates, averages: Object.fromEntries(averages) }
  }

  /**
   * Takes averages over from {@link stateDict}. Everything is checked first.
   *
   * @throws {FormatError} listing every average that is missing, unexpected or of another shape; nothing changes then.
   */
  loadStateDict({ updates, averages }: EmaState): void {
    const missing = [...this.#pairs.keys()].filter((name) => !Object.hasOwn(averages, name))
    const unexpected = Object.keys(averages).filter((name) => !this.#pairs.has(name))
    const problems = [...missing.map((name) => `missing: ${name}`), ...unexpected.map((name) => `unexpected: ${name}`)]
    for (const [name, { average }] of this.#pairs) {
      const saved = averages[name]
      if (saved === undefined || sameShape(saved.shape, average.shape)) continue
      problems.push(`${name}: expected shape ${formatShape(average.shape)}, got ${formatShape(saved.shape)}`)
    }
    if (problems.length > 0) {
      throw new FormatError(`ExponentialMovingAverage.loadStateDict: nothing is loaded\n  ${problems.join('\n  ')}`)
    }
    for (const [name, { average }] of this.#pairs) copyElements('loadStateDict', averages[name], average)
    this.#updates = updates
  }
}

function overwrite(value: Tensor, source: Tensor): void {
  noGrad(() => untracked(() => value.copy_(source)))
}

/** Makes an {@link ExponentialMovingAverage} of a model's weights. */
export function ema(model: Averaged, options: EmaOptions = {}): ExponentialMovingAverage {
  return new ExponentialMovingAverage(model, options)
}
