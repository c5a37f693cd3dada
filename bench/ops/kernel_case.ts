import type { Kernels } from '../../lib/kernels/kernels.ts'
import type { ProblemOp, Problems } from '../../lib/kernels/problem_string.ts'
import type { CaseSet } from '../../test/cases/case_set.ts'
import { classes, halfDenormal, uniform } from '../fill.ts'
import type { Pass } from '../row.ts'

/** What a buffer holds before the first call; see fill.ts. */
export type Contents =
  | { kind: 'uniform'; seed: number; low: number; high: number }
  | { kind: 'denormal'; seed: number }
  | { kind: 'classes'; seed: number; limit: number }
  | { kind: 'bytes'; seed: number }
  | { kind: 'none'; dtype: 'float32' | 'int32' | 'uint8' }

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
  /** Buffers that `call` both reads and writes, or cannot but read twice. */
  updated: string[]
}

/** The kernels of one op that are timed, by pass. */
export interface OpBench<Op extends ProblemOp> {
  set: CaseSet<Op>
  /** Whether all passes do as many operations as the forward one, so that GFLOP/s mean something. */
  compute: boolean
  /** Whether it works on images, so that their layout matters to PyTorch. */
  images: boolean
  /** Whether no peer is asked for the same. */
  alone?: boolean
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

/** A buffer of pixels. */
export const bytes = (size: number, seed: number): BufferSpec => ({ size, contents: { kind: 'bytes', seed } })

/** A buffer that is written. */
export const target = (size: number, dtype: 'float32' | 'int32' | 'uint8' = 'float32'): BufferSpec => ({
  size,
  contents: { kind: 'none', dtype },
})

/** An array with the contents of a buffer. */
export type FilledArray = Float32Array | Int32Array | Uint8Array

/** Makes the contents of a buffer. */
export function filled(size: number, contents: Contents): FilledArray {
  switch (contents.kind) {
    case 'uniform':
      return uniform(size, contents.seed, contents.low, contents.high)
    case 'denormal':
      return halfDenormal(size, contents.seed)
    case 'classes':
      return classes(size, contents.seed, contents.limit)
    case 'bytes':
      return Uint8Array.from(classes(size, contents.seed, 256))
    case 'none':
      return new { float32: Float32Array, int32: Int32Array, uint8: Uint8Array }[contents.dtype](size)
  }
}

/** What the library calls the elements of the array. */
export function dtypeOf(data: FilledArray): 'float32' | 'int32' | 'uint8' {
  if (data instanceof Float32Array) return 'float32'
  return data instanceof Int32Array ? 'int32' : 'uint8'
}

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

const itemSize = ({ contents }: BufferSpec): number =>
  contents.kind === 'bytes' || (contents.kind === 'none' && contents.dtype === 'uint8') ? 1 : 4

/** Bytes that the call has to read and write at least: every buffer once, the `updated` ones twice. */
export function leastBytes({ buffers, call: timed, updated }: KernelCase): number {
  const names = [...buffersOf(timed), ...updated]
  return names.reduce((total, name) => total + itemSize(buffers[name]) * buffers[name].size, 0)
}
