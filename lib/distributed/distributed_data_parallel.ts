import { isGradEnabled } from '../autograd/grad_mode.ts'
import { Module } from '../nn/module.ts'
import { LazyParameter, type Parameter } from '../nn/parameter.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkFinite, checkOptions } from '../util/check.ts'
import { RangeError, StateError } from '../util/errors.ts'
import { init } from './init.ts'
import { Reducer } from './reducer.ts'
import { broadcastTensors, checkAlike, checkEqual } from './same_state.ts'

/** When {@link DistributedDataParallel} sends gradients and buffers, and in which order gradients are added. */
export interface DistributedDataParallelOptions {
  /**
   * Gradients travel together once they are this many megabytes (2^20 bytes), 4 by default. PyTorch's 25 suits links of many gigabytes a
   * second: over Ethernet four are long enough to reach its speed, and a network of ten million parameters still has ten buckets,
   * of which all but the last travel while backward computes.
   */
  bucketCapMb?: number
  /**
   * Whether rank 0's buffers, such as running statistics, go to all ranks before each forward pass in training, `true`
   * by default.
   */
  broadcastBuffers?: boolean
  /**
   * Whether some parameters may be without a gradient after a backward pass; costs one more message. `false` by
   * default.
   */
  findUnusedParameters?: boolean
  /**
   * Adds gradients in the order of ranks, so that equal runs give equal bits; `false`, the library's fastest, by
   * default.
   */
  deterministic?: boolean
}

const OP = 'DistributedDataParallel'
const OPTIONS = ['bucketCapMb', 'broadcastBuffers', 'findUnusedParameters', 'deterministic']

/**
 * A model that is trained on all ranks at once, each with batches of its own: `backward` ends with the gradients' averages over all
 * ranks, so that equal optimizers keep the copies equal. With losses that are means over equally large batches of B samples, N
 * ranks take the steps of one process with batches of N·B.
 *
 * At the start parameters and buffers of rank 0 go to all others. Gradients travel in buckets while backward computes the rest;
 * batch norms normalise each rank's batch by itself unless `convertSyncBatchNorm` was called before. On one rank the wrapper
 * does nothing.
 *
 * ```ts
 * const model = new DistributedDataParallel(convertSyncBatchNorm(net))
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
 * ```
 *
 * The model is the field `module`, which is also the first part of every name in the state dict, as in PyTorch; save
 * `model.module.stateDict()` for use without the wrapper.
 *
 * @throws {StateError} when a parameter is lazy, or ranks differ in names, shapes or order of the parameters.
 * @throws {RangeError} when no parameter requires a gradient.
 *
 * Source: semantics of torch.nn.parallel.DistributedDataParallel.
 */
export class DistributedDataParallel<Inputs extends unknown[] = [input: Tensor], Output = Tensor> extends Module<
  Inputs,
  Output
> {
  readonly module: Module<Inputs, Output>
  readonly #reducer: Reducer | null
  readonly #broadcastBuffers: boolean

  constructor(module: Module<Inputs, Output>, options: DistributedDataParallelOptions = {}) {
    super()
    checkOptions(OP, options, OPTIONS)
    const { broadcastBuffers = true, findUnusedParameters = false, deterministic = false } = options
    const bucketCapMb = checkFinite(OP, 'bucketCapMb', options.bucketCapMb ?? 4)
    if (bucketCapMb <= 0) throw new RangeError(`${OP}: expected bucketCapMb to be positive, got ${bucketCapMb}`)
    this.module = module
    this.training = module.training
    this.#broadcastBuffers = broadcastBuffers
    const trained = trainedParameters(module as Module<never, never>)
    const { size } = init()
    if (size > 1) {
      checkAlike(OP, this.#state())
      broadcastTensors(OP, this.#state())
    }
    const bucketBytes = bucketCapMb * 2 ** 20
    this.#reducer = size === 1 ? null : new Reducer(trained, { size, bucketBytes, deterministic, findUnusedParameters })
  }

  override forward(...inputs: Inputs): Output {
    if (this.#broadcastBuffers && this.training && isGradEnabled() && this.#reducer?.enabled) this.syncBuffers()
    return this.module.forward(...inputs)
  }

  /**
   * Runs `fn` so that backward passes inside leave each rank its own gradients; the first one outside averages their sum. For
   * gradient accumulation: all but the last micro-batch.
   *
   * ```ts
   * model.noSync(() => lossOf(first).backward())
   * lossOf(second).backward()
   * ```
   */
  noSync<T>(fn: () => T): T {
    const reducer = this.#reducer
    if (reducer === null) return fn()
    const before = reducer.enabled
    reducer.enabled = false
    try {
      return fn()
    } finally {
      reducer.enabled = before
    }
  }

  /** @internal What averages the gradients; null on one rank. */
  get reducer(): Reducer | null {
    return this.#reducer
  }

  /** @internal Whether the next backward passes average gradients. */
  setSync(enabled: boolean): void {
    if (this.#reducer !== null) this.#reducer.enabled = enabled
  }

  /** Gives every rank the buffers of rank 0, as before each forward pass in training. */
  syncBuffers(): void {
    if (this.#reducer !== null) broadcastTensors(OP, [...this.module.namedBuffers()])
  }

  /**
   * Checks that all ranks hold the same parameters, bit for bit; every rank has to call it.
   *
   * @throws {StateError} naming the first parameter that differs, and the ranks.
   */
  checkParameters(): void {
    if (this.#reducer !== null) checkEqual(OP, [...this.module.namedParameters()])
  }

  #state(): [string, Tensor][] {
    return [...this.module.namedParameters(), ...this.module.namedBuffers()]
  }
}

/** The parameters that require a gradient. */
function trainedParameters(module: Module<never, never>): [string, Parameter][] {
  const named = [...module.namedParameters()]
  const lazy = named.find(([, parameter]) => parameter instanceof LazyParameter && parameter.isLazy)
  if (lazy !== undefined) {
    throw new StateError(`${OP}: expected parameters of known shape, got lazy ${lazy[0]}; run one forward pass first`)
  }
  const trained = named.filter(([, { requiresGrad }]) => requiresGrad)
  if (trained.length === 0) throw new RangeError(`${OP}: expected a model with a parameter that requires a gradient`)
  return trained
}
