import { referenceKernels } from '../reference/index.ts'
import type { AnyArray, DType } from '../reference/types.ts'
import type { Backend, BackendInfo, Block, BufferRef, ConvPrecision, MemoryReport } from './backend.ts'
import type { Kernels } from './kernels.ts'

/** What a block adds to the counts until it is given back. Kept apart from the bytes, which die with the block. */
interface Account {
  readonly byteLength: number
  open: boolean
}

/** A block of the reference backend: the bytes, or null once freed. */
interface ReferenceBlock {
  bytes: ArrayBuffer | null
  readonly account: Account
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
  // Never unregistered, which would cost more than the block: the account of a freed one is closed.
  readonly #garbage = new FinalizationRegistry<Account>((account) => this.#close(account))

  allocate(byteLength: number, owner: object): Block {
    const rounded = Math.ceil(byteLength / GRANULE) * GRANULE
    const account: Account = { byteLength: rounded, open: true }
    this.#garbage.register(owner, account)
    this.#live += rounded
    this.#peak = Math.max(this.#peak, this.#live)
    this.#storages++
    const block: ReferenceBlock = { bytes: new ArrayBuffer(rounded), account }
    return block
  }

  free(block: Block): void {
    const held = block as ReferenceBlock
    if (held.bytes === null) return
    held.bytes = null
    this.#close(held.account)
  }

  #close(account: Account): void {
    if (!account.open) return
    account.open = false
    this.#live -= account.byteLength
    this.#storages--
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

  /** The reference always sums directly, in float64. */
  setConvPrecision(_precision: ConvPrecision): void {}

  /** The reference computes everything at once. */
  beginQueue(): void {}

  async endQueue(): Promise<void> {}
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
