import { atBackwardEnd } from '../autograd/backward.ts'
import { backend } from '../kernels/select.ts'
import type { Parameter } from '../nn/parameter.ts'
import { disposeCopy, withStrides } from '../ops/dense.ts'
import { fillElements } from '../tensor/create.ts'
import { untracked } from '../tensor/scope.ts'
import { copyElements, emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { StateError } from '../util/errors.ts'
import { runJob, submitJob, waitForJob } from './jobs.ts'

const OP = 'DistributedDataParallel'

export interface ReducerOptions {
  /** Ranks. */
  size: number
  /** A bucket with this many bytes is full. */
  bucketBytes: number
  /** Adds in the order of ranks. */
  deterministic: boolean
  findUnusedParameters: boolean
}

/** A parameter, and where its gradient lies in a bucket. */
interface Slot {
  name: string
  parameter: Parameter
  bucket: Bucket
  /** The part of the bucket, in the parameter's own order in memory. */
  view: Tensor
  ready: boolean
}

/** Gradients that travel together. */
interface Bucket {
  memory: Tensor
  slots: Slot[]
  /** Gradients that are still to come. */
  missing: number
  job: number | null
}

/**
 * Averages gradients over all ranks while backward still computes others. A gradient is copied into its bucket, divided by the
 * number of ranks, as soon as it is complete; a bucket that is full is summed in the communication thread. Buckets hold the
 * parameters from the last to the first, about the order in which backward comes to them, and travel in that order on every rank.
 *
 * Source: Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training", 2020.
 */
export class Reducer {
  /** Whether gradients are averaged at all. */
  enabled = true
  readonly #options: ReducerOptions
  readonly #buckets: Bucket[] = []
  readonly #slots: Slot[] = []
  /** The first bucket that is not on its way. */
  #next = 0
  #running = false
  /** Milliseconds that the last pass waited for what was still on its way when backward was over. */
  waited = 0

  constructor(named: readonly (readonly [string, Parameter])[], options: ReducerOptions) {
    this.#options = options
    for (const group of groupsOf([...named].reverse(), options.bucketBytes)) this.#addBucket(group)
    for (const slot of this.#slots) {
      slot.parameter.registerPostAccumulateGradHook(() => {
        if (this.enabled) this.#take(slot)
      })
    }
  }

  /** Bytes of each bucket, in the order in which they travel. */
  get bucketBytes(): number[] {
    return this.#buckets.map(({ memory }) => memory.storage.byteLength)
  }

  /** Averages the gradients that are there now, all at once: what a backward pass does bit by bit. */
  reduceNow(): void {
    for (const slot of this.#slots) if (slot.parameter.gradTensor !== null) this.#take(slot, false)
    this.#finish()
  }

  #addBucket(group: readonly (readonly [string, Parameter])[]): void {
    const size = group.reduce((sum, [, parameter]) => sum + parameter.size, 0)
    const memory = untracked(() => emptyTensor([size], 'float32'))
    const bucket: Bucket = { memory, slots: [], missing: group.length, job: null }
    let offset = 0
    for (const [name, parameter] of group) {
      const at = offset
      const view = untracked(() => memory.viewAs(parameter.shape, parameter.strides, at, true))
      bucket.slots.push({ name, parameter, bucket, view, ready: false })
      offset += parameter.size
    }
    this.#buckets.push(bucket)
    this.#slots.push(...bucket.slots)
  }

  /** Copies a gradient that is complete, and sends off the buckets that are full. */
  #take(slot: Slot, inBackward = true): void {
    if (!this.#running && inBackward) atBackwardEnd(() => this.#finish())
    this.#running = true
    const grad = slot.parameter.gradTensor as Tensor
    const dense = withStrides(OP, grad, slot.parameter.strides)
    const { kernels } = backend()
    if (grad.size > 0) {
      kernels.binaryScalar('div', grad.size, dense.buffer(OP), this.#options.size, slot.view.buffer(OP))
    }
    disposeCopy(dense, grad)
    this.#arrive(slot)
  }

  #arrive(slot: Slot): void {
    slot.ready = true
    slot.bucket.missing--
    while (this.#next < this.#buckets.length && this.#buckets[this.#next].missing === 0) {
      const bucket = this.#buckets[this.#next++]
      const kind = this.#options.deterministic ? 'allReduceInOrder' : 'allReduce'
      bucket.job = submitJob(OP, { kind }, bucket.memory)
    }
  }

  /** Waits for what is on its way and writes the averages back. */
  #finish(): void {
    const absent = this.#slots.filter(({ ready }) => !ready)
    if (absent.length > 0 && !this.#options.findUnusedParameters) {
      const names = absent.slice(0, 5).map(({ name }) => name)
      throw new StateError(
        `${OP}: expected every backward pass to reach all parameters, but ${absent.length} got no gradient, such as ` +
          `${names.join(', ')}; pass findUnusedParameters: true`,
      )
    }
    for (const slot of absent) {
      fillElements(OP, slot.view, 0)
      this.#arrive(slot)
    }
    const begin = performance.now()
    for (const { job } of this.#buckets) if (job !== null) waitForJob(OP, job)
    this.waited = performance.now() - begin
    const used = this.#options.findUnusedParameters ? this.#usedAnywhere(absent) : null
    for (const slot of this.#slots) if (used === null || used.has(slot)) writeBack(slot)
    this.#reset()
  }

  /** The parameters that some rank has a gradient of; those of the others stay without. */
  #usedAnywhere(absent: readonly Slot[]): Set<Slot> {
    const flags = untracked(() => emptyTensor([this.#slots.length], 'float32'))
    const mine = Float32Array.from(this.#slots, (slot) => (absent.includes(slot) ? 0 : 1))
    backend().write(flags.storage.block, 0, mine)
    runJob(OP, { kind: 'allReduce', op: 'max' }, flags)
    const all = flags.toTypedArray()
    flags.dispose()
    return new Set(this.#slots.filter((_, i) => all[i] !== 0))
  }

  #reset(): void {
    for (const slot of this.#slots) slot.ready = false
    for (const bucket of this.#buckets) {
      bucket.missing = bucket.slots.length
      bucket.job = null
    }
    this.#next = 0
    this.#running = false
  }
}

function writeBack({ parameter, view }: Slot): void {
  parameter.gradTensor ??= untracked(() => emptyTensor(parameter.shape, 'float32', parameter.strides))
  copyElements(OP, view, parameter.gradTensor)
  parameter.gradTensor.storage.version++
}

/** Parameters one after the other, cut behind the one that fills a bucket. */
export function groupsOf(
  named: readonly (readonly [string, Parameter])[],
  bucketBytes: number,
): (readonly [string, Parameter])[][] {
  const groups: (readonly [string, Parameter])[][] = []
  let room = 0
  for (const entry of named) {
    if (room <= 0) {
      groups.push([])
      room = bucketBytes
    }
    groups.at(-1)!.push(entry)
    room -= entry[1].size * Float32Array.BYTES_PER_ELEMENT
  }
  return groups
}
