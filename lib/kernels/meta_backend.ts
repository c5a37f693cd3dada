import type { AnyArray, DType } from '../reference/types.ts'
import { StateError } from '../util/errors.ts'
import type { Backend, BackendInfo, Block, BufferRef, ConvPrecision, MemoryReport } from './backend.ts'
import type { Kernels } from './kernels.ts'

/** A block that stands for memory without having any: how long it would have been needed. */
export interface MetaBlock {
  readonly byteLength: number
  /** When it was allocated, last named to a kernel, and given back, in calls of the backend. */
  readonly born: number
  lastUse: number
  freed: number | null
}

/** What a block was filled with by `write`, as long as no kernel has written over it. */
class OwnBlock implements MetaBlock {
  readonly byteLength: number
  readonly born: number
  lastUse: number
  freed: number | null = null
  contents: Uint8Array | null = null

  constructor(byteLength: number, now: number) {
    this.byteLength = byteLength
    this.born = now
    this.lastUse = now
  }
}

/** Called for every kernel with its name and arguments, the problem first. */
export type KernelListener = (name: string, args: readonly unknown[]) => void

/** What stands for a buffer that is not the meta backend's own. */
const FOREIGN = Object.freeze({})

/**
 * The third implementation of `Kernels`: blocks hold no bytes and kernels compute nothing, they are only told to a
 * listener. Ops run as ever, check their arguments, make their outputs and record backward, so a forward and a backward
 * pass can be followed at any size for next to nothing.
 *
 * Blocks of the backend underneath, those of parameters and buffers, can be read and are never written. Class indices and
 * other integers that a kernel would have made read as 0, a valid index; a look at such floats is an error, because what
 * follows would depend on numbers that nobody has computed.
 */
export class MetaBackend implements Backend {
  readonly kernels: Kernels<BufferRef>
  /** Every block so far. */
  readonly blocks: MetaBlock[] = []
  readonly #underlying: Backend
  #now = 0
  #closed = false

  constructor(underlying: Backend, listener: KernelListener) {
    this.#underlying = underlying
    const functions = new Map<PropertyKey, (...args: unknown[]) => void>()
    const follow = (name: PropertyKey) => {
      const known = functions.get(name)
      if (known !== undefined) return known
      const made = (...args: unknown[]): void => {
        // By the convention of Kernels the last buffer is an output.
        const output = args.at(-1)
        if (output instanceof OwnBlock) output.contents = null
        listener(String(name), args)
      }
      functions.set(name, made)
      return made
    }
    // Whatever is asked for is there: a new kernel needs no entry here.
    this.kernels = new Proxy({}, { get: (_, name) => follow(name) }) as Kernels<BufferRef>
  }

  /** From now on tensors made on this backend are refused wherever they turn up. */
  close(): void {
    this.#closed = true
  }

  allocate(byteLength: number, _owner: object): Block {
    const block = new OwnBlock(byteLength, ++this.#now)
    this.blocks.push(block)
    return block
  }

  free(block: Block): void {
    if (block instanceof OwnBlock) block.freed ??= ++this.#now
    else this.#underlying.free(block)
  }

  ref(block: Block, _dtype: DType, _offset: number, _length: number): BufferRef {
    if (!(block instanceof OwnBlock)) return FOREIGN
    if (this.#closed) {
      throw new StateError(
        'tensor: expected one with values, got one that was made while only shapes were followed ' +
          '(by summary, receptiveField, lint or fuse)',
      )
    }
    block.lastUse = ++this.#now
    return block
  }

  read(block: Block, byteOffset: number, target: AnyArray): void {
    if (!(block instanceof OwnBlock)) {
      this.#underlying.read(block, byteOffset, target)
      return
    }
    this.ref(block, 'uint8', 0, 0)
    if (block.contents !== null)
      bytesOf(target).set(block.contents.subarray(byteOffset, byteOffset + target.byteLength))
    else if (!(target instanceof Float32Array || target instanceof Float64Array)) bytesOf(target).fill(0)
    else {
      throw new StateError(
        'expected a forward pass that does not look at the values of tensors (by item(), toArray() and the like): ' +
          'only shapes are followed here, and there are no values',
      )
    }
  }

  write(block: Block, byteOffset: number, source: AnyArray): void {
    if (!(block instanceof OwnBlock)) return
    block.contents ??= new Uint8Array(block.byteLength)
    block.contents.set(bytesOf(source), byteOffset)
  }

  memory(): MemoryReport {
    const held = this.blocks.filter(({ freed }) => freed === null)
    const live = held.reduce((sum, { byteLength }) => sum + byteLength, 0)
    return { live, pooled: 0, peak: peakBytes(this.blocks), storages: held.length }
  }

  info(): BackendInfo {
    return { backend: 'meta', isa: 'none', isas: ['none'], threads: 1 }
  }

  /** Nothing is computed, on however many threads. */
  setNumThreads(_threads: number): void {}

  getNumThreads(): number {
    return 1
  }

  setConvPrecision(_precision: ConvPrecision): void {}

  /** There is nothing to queue. */
  beginQueue(): void {}

  async endQueue(): Promise<void> {}
}

function bytesOf(array: AnyArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

/**
 * Most bytes that are needed at the same time. A block is needed until it is given back or, where that is left to the
 * garbage collector, until its last use; those in `kept` to the end.
 */
export function peakBytes(blocks: readonly MetaBlock[], kept: ReadonlySet<MetaBlock> = new Set()): number {
  const changes: [time: number, bytes: number][] = []
  for (const block of blocks) {
    changes.push([block.born, block.byteLength])
    // A block takes part in the call that uses it last.
    if (!kept.has(block)) changes.push([(block.freed ?? block.lastUse) + 0.5, -block.byteLength])
  }
  changes.sort(([a], [b]) => a - b)
  let live = 0
  let peak = 0
  for (const [, bytes] of changes) {
    live += bytes
    peak = Math.max(peak, live)
  }
  return peak
}
