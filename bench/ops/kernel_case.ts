import type { Kernels } from '../../lib/kernels/kernels.ts'
import type { ProblemOp, Problems } from '../../lib/kernels/problem_string.ts'
import type { CaseSet } from '../../test/cases/case_set.ts'
import type { Pass } from '../row.ts'

/** What a buffer holds before the first call; see fill.ts. */
export type Contents =
  | { kind: 'uniform'; seed: number; low: number; high: number }
  | { kind: 'classes'; seed: number; limit: number }
  | { kind: 'none'; dtype: 'float32' | 'int32' }

/** A buffer of a kernel call. */
export interface BufferSpec {
  size: number
  contents: Contents
}

/** An argument: a plain value, one buffer by name, a list of buffers, or an optional buffer that is left out. */
export type KernelArgument = { plain: unknown } | { buffer: string } | { buffers: string[] } | null

/** One call of a kernel, in a form that can be sent to another process. */
export interface KernelCall {
  kernel: keyof Kernels<unknown>
  args: KernelArgument[]
}

/** A kernel call that can be timed, with all it needs. */
export interface KernelCase {
  buffers: Record<string, BufferSpec>
  /** Runs once before, to make what `call` reads. */
  prepare: KernelCall[]
  call: KernelCall
  /** The buffer whose values are compared. */
  result: string
  /** Buffers that `call` both reads and writes. */
  updated: string[]
}

/** The kernels of one op that are timed, by pass. */
export interface OpBench<Op extends ProblemOp> {
  set: CaseSet<Op>
  /** Whether all passes do as many operations as the forward one, so that GFLOP/s mean something. */
  compute: boolean
  /** Whether it works on images, so that their layout matters to PyTorch. */
  images: boolean
  passes: Partial<Record<Pass, (problem: Problems[Op]) => KernelCase>>
}

/** A buffer that is read. */
export const source = (size: number, seed: number, low = -1, high = 1): BufferSpec => ({
  size,
  contents: { kind: 'uniform', seed, low, high },
})

/** A buffer of class indices. */
export const classIndices = (size: number, seed: number, limit: number): BufferSpec => ({
  size,
  contents: { kind: 'classes', seed, limit },
})

/** A buffer that is written. */
export const target = (size: number, dtype: 'float32' | 'int32' = 'float32'): BufferSpec => ({
  size,
  contents: { kind: 'none', dtype },
})

/** A call; strings name buffers, lists of strings lists of them, everything else but null is passed as it is. */
export function call(kernel: keyof Kernels<unknown>, ...args: unknown[]): KernelCall {
  return {
    kernel,
    args: args.map((arg) => {
      if (arg === null) return null
      if (typeof arg === 'string') return { buffer: arg }
      if (Array.isArray(arg)) return { buffers: arg as string[] }
      return { plain: arg }
    }),
  }
}

/** A case from its parts. */
export function kernelCase(
  buffers: Record<string, BufferSpec>,
  timed: KernelCall,
  result: string,
  { prepare = [], updated = [] }: { prepare?: KernelCall[]; updated?: string[] } = {},
): KernelCase {
  return { buffers, prepare, call: timed, result, updated }
}

/** Names of the buffers of a call. */
export function buffersOf({ args }: KernelCall): string[] {
  return args.flatMap((arg) => {
    if (arg === null || 'plain' in arg) return []
    return 'buffer' in arg ? [arg.buffer] : arg.buffers
  })
}

// float32 and int32; no other type is timed.
const ITEM = 4

/** Bytes that the call has to read and write at least: every buffer once, those that it updates twice. */
export function leastBytes({ buffers, call: timed, updated }: KernelCase): number {
  const names = [...buffersOf(timed), ...updated]
  return names.reduce((total, name) => total + ITEM * buffers[name].size, 0)
}
