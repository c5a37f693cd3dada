import { backend } from '../kernels/select.ts'
import { fromArray } from '../ops/integer.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkFinite, checkInteger, checkNonNegative, checkOptions } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import * as init from './init.ts'
import { Module } from './module.ts'
import { LazyBuffer, LazyParameter, ownParameter, type Parameter } from './parameter.ts'
import { repr } from './repr.ts'

/** Options of batch and instance normalization. */
export interface NormOptions {
  /** Added to the variance, 1e-5 by default. */
  eps?: number
  /** Share of the new value in the running statistics, 0.1 by default; what null means is up to the layer. */
  momentum?: number | null
  /** Whether there are a weight and a bias per channel. */
  affine?: boolean
  /** Whether running statistics are kept. */
  trackRunningStats?: boolean
}

const OPTIONS = ['eps', 'momentum', 'affine', 'trackRunningStats']

/**
 * What batch and instance normalization share: a weight and a bias, running statistics, and the number of batches, each under
 * PyTorch's name. Without `numFeatures` they are lazy and made by the first input.
 */
export abstract class NormBase extends Module {
  readonly eps: number
  readonly momentum: number | null
  weight: Parameter | null
  bias: Parameter | null
  declare runningMean: Tensor | null
  declare runningVar: Tensor | null
  declare numBatchesTracked: Tensor | null
  private readonly knownFeatures: number

  /** @throws {RangeError} when a number is out of range. */
  constructor(
    name: string,
    numFeatures: number | null,
    options: NormOptions,
    defaults: { affine: boolean; trackRunningStats: boolean },
  ) {
    super()
    checkOptions(name, options, OPTIONS)
    const { eps = 1e-5, momentum = 0.1, affine = defaults.affine } = options
    const track = options.trackRunningStats ?? defaults.trackRunningStats
    this.knownFeatures = numFeatures === null ? 0 : checkInteger(name, 'numFeatures', numFeatures, 1)
    this.eps = checkNonNegative(name, 'eps', eps)
    this.momentum = momentum === null ? null : checkFinite(name, 'momentum', momentum)
    const lazy = numFeatures === null
    const row = (): Tensor => untracked(() => emptyTensor([this.knownFeatures], 'float32'))
    const parameter = (): Parameter => (lazy ? new LazyParameter([0]) : ownParameter(row()))
    const buffer = (): Tensor => (lazy ? new LazyBuffer([0]) : row())
    this.weight = affine ? parameter() : null
    this.bias = affine ? parameter() : null
    const count = untracked(() => fromArray(BigInt64Array.of(0n), [], 'int64'))
    this.registerBuffer('runningMean', track ? buffer() : null, { key: 'running_mean' })
    this.registerBuffer('runningVar', track ? buffer() : null, { key: 'running_var' })
    this.registerBuffer('numBatchesTracked', track ? count : null, { key: 'num_batches_tracked' })
    if (!lazy) this.reset(() => true)
  }

  /** Number of channels; 0 while it is unknown. */
  get numFeatures(): number {
    return (this.weight ?? this.runningMean)?.size ?? this.knownFeatures
  }

  /** Whether the next batch is normalised by its own statistics: in training, and always without running ones. */
  get measuresBatch(): boolean {
    return this.training || this.runningMean === null || this.runningVar === null
  }

  /**
   * Runs `normalize` with the share of the new value in the running statistics, without a momentum that of an average over
   * all batches, and with the number of batches before this one; then counts it. Outside training nothing is counted.
   */
  protected counted(normalize: (momentum: number, batches: number) => Tensor): Tensor {
    const tracked = this.training ? this.numBatchesTracked : null
    const batches = tracked === null ? 0 : readCount(tracked)
    const output = normalize(this.momentum ?? (tracked === null ? 0 : 1 / (batches + 1)), batches)
    if (tracked !== null) writeCount(tracked, batches + 1)
    return output
  }

  /** Sets the tensors that `wanted` holds for to where they start: the identity map, mean 0 and variance 1. */
  private reset(wanted: (tensor: Tensor) => boolean): void {
    const { weight, bias, runningMean, runningVar } = this
    for (const one of [weight, runningVar]) if (one !== null && wanted(one)) init.ones(one)
    for (const zero of [bias, runningMean]) if (zero !== null && wanted(zero)) init.zeros(zero)
  }

  /** Gives what is still lazy as many channels as the input's dimension `dim` has. */
  protected materialize(name: string, input: Tensor, dim: number): void {
    const isLazy = (tensor: Tensor | null): tensor is LazyParameter | LazyBuffer =>
      (tensor instanceof LazyParameter || tensor instanceof LazyBuffer) && tensor.isLazy
    const lazy = [this.weight, this.bias, this.runningMean, this.runningVar].filter(isLazy)
    if (lazy.length === 0) return
    const c = input.shape[dim]
    if (c === 0)
      throw new ShapeError(`${name}: expected input with channels to infer; input ${formatShape(input.shape)}`)
    for (const one of lazy) one.materialize(untracked(() => emptyTensor([c], 'float32')))
    this.reset((tensor) => lazy.includes(tensor as LazyParameter | LazyBuffer))
  }

  override extraRepr(): string {
    const { numFeatures, eps, momentum, weight, runningMean } = this
    return (
      `${numFeatures}, eps=${repr(eps)}, momentum=${repr(momentum)}, affine=${repr(weight !== null)}, ` +
      `track_running_stats=${repr(runningMean !== null)}`
    )
  }
}

/** The number of batches that a layer has seen. */
function readCount({ storage, offset }: Tensor): number {
  const count = new BigInt64Array(1)
  backend().read(storage.block, offset * count.BYTES_PER_ELEMENT, count)
  return Number(count[0])
}

function writeCount({ storage, offset }: Tensor, count: number): void {
  const value = BigInt64Array.of(BigInt(count))
  backend().write(storage.block, offset * value.BYTES_PER_ELEMENT, value)
  storage.version++
}

/** @throws {ShapeError} when the input's number of dimensions is not among those allowed. */
export function checkDims(name: string, input: Tensor, allowed: readonly number[], form: string): void {
  if (allowed.includes(input.ndim)) return
  throw new ShapeError(
    `${name}: expected input ${form}, got ${input.ndim} dimensions; input ${formatShape(input.shape)}`,
  )
}
