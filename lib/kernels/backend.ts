import type { AnyArray, DType } from '../reference/types.ts'
import type { Kernels } from './kernels.ts'
import type { MessagePassing } from './message_passing.ts'

/** What a backend calls a buffer; opaque above this layer. */
export type BufferRef = { readonly brand: unique symbol } | object | number

/** What a backend calls an allocated block; opaque above this layer. */
export type Block = object | number

/** Memory held by tensors and by the pool behind them, in bytes. */
export interface MemoryReport {
  /** Held by tensors now. */
  live: number
  /** Kept by the pool for reuse. */
  pooled: number
  /** Highest `live` so far. */
  peak: number
  /** Number of storages that hold memory. */
  storages: number
}

/**
 * How far a convolution may trade accuracy for speed: `fast` uses Winograd tiles of 4 × 4 (mean error about twice that of
 * direct summation), `medium` tiles of 2 × 2 (an error below that of direct summation), `strict` direct summation alone.
 */
export type ConvPrecision = 'fast' | 'medium' | 'strict'

/** What runs the arithmetic. */
export interface BackendInfo {
  /** `meta` while only shapes are followed, as `summary` does. */
  backend: 'native' | 'reference' | 'meta'
  /** Instruction set in use: `scalar`, `avx2`, `avx512`; `typescript` for the reference. */
  isa: string
  /** Instruction sets this CPU and this build can use. */
  isas: string[]
  /** Threads that share the work of one op; see {@link setNumThreads}. */
  threads: number
}

/** Memory and kernels behind the tensors of one JavaScript environment. */
export interface Backend {
  readonly kernels: Kernels<BufferRef>
  /** Allocates an uninitialised block that lives until `free` or until `owner` is garbage. */
  allocate(byteLength: number, owner: object): Block
  free(block: Block): void
  /** Names `length` elements of `block` from element `offset` on. */
  ref(block: Block, dtype: DType, offset: number, length: number): BufferRef
  /** Copies from the block, starting at `byteOffset`, over the whole of `target`. */
  read(block: Block, byteOffset: number, target: AnyArray): void
  /** Copies the whole of `source` into the block at `byteOffset`. */
  write(block: Block, byteOffset: number, source: AnyArray): void
  memory(): MemoryReport
  info(): BackendInfo
  setNumThreads(threads: number): void
  getNumThreads(): number
  setConvPrecision(precision: ConvPrecision): void
  /** MPI, where the backend has it. */
  readonly messages?: MessagePassing
  /**
   * From here to `endQueue` kernels are checked at once and run later, in order, on a thread of their own, if there is
   * one.
   */
  beginQueue(): void
  /** Resolves when all that was queued is done; rejects with what one of the kernels threw, behind which none ran. */
  endQueue(): Promise<void>
}
