import type { DType } from '../reference/types.ts'
import type { BufferRef } from './backend.ts'

/** What MPI says of itself and of this process. */
export interface MpiInfo {
  /** `Open MPI`, or `MPICH` for everything that shares its ABI. */
  family: string
  /** The library's own words. */
  version: string
  rank: number
  size: number
  /** Among the ranks on the same machine. */
  localRank: number
  localSize: number
}

/** A collective operation over `count` elements. */
export interface MpiJob {
  kind: 'barrier' | 'broadcast' | 'allGather' | 'allReduce' | 'allReduceInOrder'
  count: number
  dtype: DType
  /** Of the reductions; in the order of ranks there is `sum` of float32 alone. */
  op: 'sum' | 'max' | 'min'
  /** Of a broadcast. */
  root: number
}

/**
 * Collective operations, see native/mpi. Jobs are to be given in the same order on every rank, and their memory has to stay
 * until they are done. Functions throw plain errors in MPI's words.
 */
export interface MessagePassing {
  /** Loads a library; returns why that is not possible, '' when it is. */
  open(path: string): string
  initialize(): MpiInfo
  /** Begins a job in the communication thread and returns its number. */
  submit(job: MpiJob, data: BufferRef | null, receive?: BufferRef | null): number
  wait(job: number): void
  /** Runs a job to its end. `receive` is that of `allGather`: `count` elements of every rank. */
  run(job: MpiJob, data: BufferRef | null, receive?: BufferRef | null): void
  finalize(): void
  /** Ends all ranks, now or when this process exits. */
  abort(code: number, when: 'now' | 'atExit'): void
}
