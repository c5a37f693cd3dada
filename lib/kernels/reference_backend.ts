import { referenceKernels } from '../reference/index.ts'
import type { AnyArray, DType } from '../reference/types.ts'
import type { Backend, BackendInfo, Block, BufferRef, MemoryReport } from './backend.ts'
import type { Kernels } from './kernels.ts'

/** A block of the reference backend: the bytes, or null once freed. */
interface ReferenceBlock {
  bytes: ArrayBuffer | null
}

/** Bytes of the widest element: every view of a block then has a whole number of elements. */
const GRANULE = 8

// The assignment makes the compiler name any member of Kernels that the reference lacks.
const kernels: Kernels<AnyArray> = referenceKernels

/** Blocks of plain JavaScript memory with an honest count of the bytes that tensors hold. */
class ReferenceBackend implements Backend {
  readonly kernels = kernels as Kernels<BufferRef>
  #live = 0
  #peak = 0
  #storages = 0
  // Held per block and not per owner, so that `free` needs no costly unregister: a freed block has no bytes to give back.
  readonly #garbage = new FinalizationRegistry<ReferenceBlock>((block) => this.free(block))

  allocate(byteLength: number, owner: object): Block {
    const block: ReferenceBlock = { bytes: new ArrayBuffer(Math.ceil(byteLength / GRANULE) * GRANULE) }
    this.#garbage.register(owner, block)
    this.#live += (block.bytes as ArrayBuffer).byteLength
    this.#peak = Math.max(this.#peak, this.#live)
    this.#storages++
    return block
  }

  free(block: Block): void {
    const held = block as ReferenceBlock
    if (held.bytes === null) return
    this.#live -= held.bytes.byteLength
    this.#storages--
    held.bytes = null
  }

  ref(block: Block, dtype: DType, offset: number, length: number): BufferRef {
    const bytes = bytesOf(block)
    switch (dtype) {
      case 'float32':
        return new Float32Array(bytes, offset * 4, length)
      case 'int32':
        return new Int32Array(bytes, offset * 4, length)
      case 'int64':
        return new BigInt64Array(bytes, offset * 8, length)
      case 'uint8':
        return new Uint8Array(bytes, offset, length)
    }
  }

  read(block: Block, byteOffset: number, target: AnyArray): void {
    bytesOfArray(target).set(new Uint8Array(bytesOf(block), byteOffset, target.byteLength))
  }

  write(block: Block, byteOffset: number, source: AnyArray): void {
    new Uint8Array(bytesOf(block), byteOffset, source.byteLength).set(bytesOfArray(source))
  }

  memory(): MemoryReport {
    return { live: this.#live, pooled: 0, peak: this.#peak, storages: this.#storages }
  }

  info(): BackendInfo {
    return { backend: 'reference', isa: 'typescript', isas: ['typescript'], threads: 1 }
  }

  /** The reference always computes on the calling thread. */
  setNumThreads(_threads: number): void {}

  getNumThreads(): number {
    return 1
  }
}

function bytesOf(block: Block): ArrayBuffer {
  const { bytes } = block as ReferenceBlock
  if (bytes === null) throw new Error('reference backend: block used after it was freed')
  return bytes
}

function bytesOfArray(array: AnyArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

/** Makes the backend that runs the kernels of `reference/` on plain JavaScript memory. */
export function createReferenceBackend(): Backend {
  return new ReferenceBackend()
}
