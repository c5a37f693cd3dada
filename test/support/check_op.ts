import type { Backend, Block, BufferRef } from '../../lib/kernels/backend.ts'
import type { Kernels } from '../../lib/kernels/kernels.ts'
import { type AnyArray, type DType, referenceKernels } from '../../lib/reference/index.ts'
import { sumError } from './data.ts'

/**
 * How far a result may be from the reference.
 *
 * * `exact`: equal to the reference kernel run on float32 arrays.
 * * `rtol`, `atol`: `|got − want| ≤ atol + rtol · |want|`.
 * * `terms`: each element is a sum of that many products, or fewer; the error may be {@link sumError} of the sum of
 *   their absolute values, which the reference kernel gives when it runs on the absolute values of its inputs. This is
 *   the right measure where sums cancel: no order of summation does better relative to the sum itself. With `spread`,
 *   for algorithms that share roundings among neighbouring elements, it may be that many times the error of the largest one.
 * * `error`: one bound for each element.
 */
export type Tolerance =
  | 'exact'
  | { rtol: number; atol: number }
  | { terms: number; spread?: number }
  | { error: ArrayLike<number> }

/** One argument of a kernel. */
export type Argument =
  | { role: 'plain'; value: unknown }
  | { role: 'input'; data: AnyArray }
  | { role: 'output'; data: AnyArray; tolerance: Tolerance }
  | { role: 'inout'; data: AnyArray; tolerance: Tolerance }
  | { role: 'same'; as: number }
  | { role: 'list'; items: readonly Argument[] }
  | { role: 'absent' }

/** A problem, an op's name, a size: whatever is no buffer. */
export const plain = (value: unknown): Argument => ({ role: 'plain', value })
/** A buffer that is only read; `null` where an optional one is left out. */
export const input = (data: AnyArray | null): Argument => (data === null ? absent : { role: 'input', data })
/** A float32 buffer that is written whole. */
export const output = (size: number, tolerance: Tolerance): Argument => outputLike(new Float32Array(size), tolerance)
/** A buffer like `data` that is written whole. */
export const outputLike = (data: AnyArray, tolerance: Tolerance): Argument => ({ role: 'output', data, tolerance })
/** A buffer that is updated in place. */
export const inout = (data: AnyArray, tolerance: Tolerance): Argument => ({ role: 'inout', data, tolerance })
/** The very buffer of argument number `as`. */
export const same = (as: number): Argument => ({ role: 'same', as })
/** A list of buffers. */
export const list = (items: readonly Argument[]): Argument => ({ role: 'list', items })
/** An optional buffer that is left out. */
export const absent: Argument = { role: 'absent' }

/** One call of a kernel; `title` names it in failures and ends in the problem string. */
export interface KernelCall {
  kernel: keyof Kernels<unknown>
  title: string
  args: readonly Argument[]
}

/** A backend and what to call it in failures. */
export interface NamedBackend {
  name: string
  backend: Backend
  /** Whether buffers lie against pages that may not be touched: then they have no rims of their own. */
  guarded?: boolean
}

type AnyKernel = (...args: unknown[]) => void

/** Runs the reference on copies of the arguments, all mapped by `convert`, and returns the buffers in order. */
function runReference(call: KernelCall, convert: (data: AnyArray) => AnyArray): AnyArray[] {
  const buffers: AnyArray[] = []
  const values: unknown[] = []
  const add = (data: AnyArray): AnyArray => {
    buffers.push(convert(data))
    return buffers[buffers.length - 1]
  }
  const value = (arg: Argument): unknown => {
    if (arg.role === 'plain') return arg.value
    if (arg.role === 'absent') return null
    if (arg.role === 'same') return values[arg.as]
    return arg.role === 'list' ? arg.items.map(value) : add(arg.data)
  }
  for (const arg of call.args) values.push(value(arg))
  ;(referenceKernels[call.kernel] as AnyKernel)(...values)
  return buffers
}

const wide = (data: AnyArray): AnyArray => (data instanceof Float32Array ? Float64Array.from(data) : data.slice())
const absolute = (data: AnyArray): AnyArray =>
  data instanceof Float32Array ? Float64Array.from(data, Math.abs) : data.slice()

/** The buffers among the arguments, lists flattened. */
function buffersOf(args: readonly Argument[]): Exclude<Argument, { role: 'plain' | 'absent' | 'same' | 'list' }>[] {
  return args.flatMap((arg) => {
    if (arg.role === 'list') return buffersOf(arg.items)
    return arg.role === 'input' || arg.role === 'output' || arg.role === 'inout' ? [arg] : []
  })
}

/** What each written buffer may hold: the wanted values and a bound for each element; bound 0 means equal. */
interface Expected {
  want: AnyArray
  bound: (i: number) => number
}

const SMALLEST_NORMAL = 2 ** -126

function expectations(call: KernelCall): (Expected | null)[] {
  const buffers = buffersOf(call.args)
  const tolerances = buffers.map((arg) => (arg.role === 'input' ? null : arg.tolerance))
  const some = (test: (tolerance: Tolerance) => boolean): boolean => tolerances.some((t) => t !== null && test(t))
  const isSum = (t: Tolerance): t is { terms: number; spread?: number } => t !== 'exact' && 'terms' in t
  const exact = some((t) => t === 'exact') ? runReference(call, (data) => data.slice()) : []
  const oracle = some((t) => t !== 'exact') ? runReference(call, wide) : []
  const magnitude = some(isSum) ? runReference(call, absolute) : []
  return tolerances.map((tolerance, b) => {
    if (tolerance === null) return null
    if (tolerance === 'exact') return { want: exact[b], bound: () => 0 }
    const want = oracle[b]
    if (isSum(tolerance)) {
      const relative = sumError(tolerance.terms)
      if (tolerance.spread === undefined) {
        return { want, bound: (i) => SMALLEST_NORMAL + relative * Number(magnitude[b][i]) }
      }
      const largest = (magnitude[b] as Float64Array).reduce((most, value) => Math.max(most, value), 0)
      const bound = SMALLEST_NORMAL + tolerance.spread * relative * largest
      return { want, bound: () => bound }
    }
    if ('error' in tolerance) return { want, bound: (i) => SMALLEST_NORMAL + tolerance.error[i] }
    return { want, bound: (i) => SMALLEST_NORMAL + tolerance.atol + tolerance.rtol * Math.abs(Number(want[i])) }
  })
}

function compare(what: string, got: AnyArray, { want, bound }: Expected): void {
  for (let i = 0; i < want.length; i++) {
    const [g, w] = [got[i], want[i]]
    if (g === w || Object.is(g, w)) continue
    // Beyond the range of float32 the float64 oracle is still finite; results below its normal numbers are flushed to 0.
    if (typeof w === 'number' && (g === Math.fround(w) || (g === 0 && Math.abs(w) < SMALLEST_NORMAL))) continue
    if (!(Math.abs(Number(g) - Number(w)) <= bound(i))) {
      throw new Error(`${what}[${i}]: expected ${w} within ${bound(i)}, got ${g}`)
    }
  }
}

// Room on either side of a buffer, a multiple of the alignment of blocks; wide enough for the longest register twice.
const RIM = 256

/** A buffer in the middle of a block whose every other byte is known. */
interface Placed {
  block: Block
  ref: BufferRef
  before: Uint8Array
  begin: number
  data: AnyArray
}

const dtypeOf = (data: AnyArray): DType => {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof Uint8Array) return 'uint8'
  if (data instanceof BigInt64Array) return 'int64'
  throw new Error('a native buffer cannot hold float64')
}

const bytesOf = (data: AnyArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** Places `data` `shift` elements past an aligned address; outputs start out as the pattern of the rims. */
function place(on: NamedBackend, data: AnyArray, isOutput: boolean, shift: number, owner: object): Placed {
  const { backend } = on
  const begin = on.guarded ? 0 : RIM + shift * data.BYTES_PER_ELEMENT
  const before = new Uint8Array(begin + data.byteLength + (on.guarded ? 0 : RIM))
  for (let i = 0; i < before.length; i++) before[i] = i * 37 + 11
  if (!isOutput) before.set(bytesOf(data), begin)
  const block = backend.allocate(before.length, owner)
  backend.write(block, 0, before)
  const ref = backend.ref(block, dtypeOf(data), begin / data.BYTES_PER_ELEMENT, data.length)
  return { block, ref, before, begin, data }
}

/** Reads a placed buffer back, having made sure that nothing around it, and of an input nothing at all, has changed. */
function readBack(backend: Backend, placed: Placed, readOnly: boolean, what: string): AnyArray {
  const { block, before, begin, data } = placed
  const after = new Uint8Array(before.length)
  backend.read(block, 0, after)
  const end = begin + data.byteLength
  const firstChange = (from: number, to: number): number => {
    if (Buffer.compare(before.subarray(from, to), after.subarray(from, to)) === 0) return -1
    return after.findIndex((byte, i) => i >= from && i < to && byte !== before[i])
  }
  const canary = Math.max(firstChange(0, begin), firstChange(end, after.length))
  const changes: [string, number][] = [['is not alone: a canary changed at byte', canary]]
  if (readOnly) changes.push(['is an input but changed at byte', firstChange(begin, end)])
  for (const [complaint, at] of changes) {
    if (at >= 0) throw new Error(`${what} ${complaint} ${at - begin} of ${data.byteLength}`)
  }
  const result = data.slice()
  bytesOf(result).set(after.subarray(begin, end))
  return result
}

/** Runs the call on a backend and returns its buffers after it. */
function runOn(on: NamedBackend, call: KernelCall, shift: number, what: string): AnyArray[] {
  const { backend } = on
  const owner = {}
  const placed: Placed[] = []
  const values: unknown[] = []
  const value = (arg: Argument): unknown => {
    if (arg.role === 'plain') return arg.value
    if (arg.role === 'absent') return null
    if (arg.role === 'same') return values[arg.as]
    if (arg.role === 'list') return arg.items.map(value)
    placed.push(place(on, arg.data, arg.role === 'output', shift, owner))
    return placed[placed.length - 1].ref
  }
  try {
    for (const arg of call.args) values.push(value(arg))
    ;(backend.kernels[call.kernel] as AnyKernel).apply(backend.kernels, values)
    const buffers = buffersOf(call.args)
    return placed.map((one, b) => readBack(backend, one, buffers[b].role === 'input', `${what} buffer ${b}`))
  } finally {
    for (const { block } of placed) backend.free(block)
  }
}

/**
 * Checks one kernel call on every backend: results within the tolerance of the reference, bit-identical for 1, 2 and 3
 * threads and for buffers at addresses of any alignment, nothing written outside the outputs, inputs unchanged.
 *
 * @throws {Error} that names the kernel, the problem, the backend and the number of threads
 */
export function checkCall(call: KernelCall, backends: readonly NamedBackend[], threadCounts = [1, 2, 3]): void {
  const expected = expectations(call)
  for (const on of backends) {
    const { name, backend } = on
    const threadsBefore = backend.getNumThreads()
    let first: AnyArray[] | null = null
    try {
      for (const [turn, threads] of threadCounts.entries()) {
        const what = `${call.kernel} ${call.title} on ${name} with ${threads} threads:`
        backend.setNumThreads(threads)
        const liveBefore = backend.memory().live
        const results = runOn(on, call, turn, what)
        const kept = backend.memory().live - liveBefore
        if (kept !== 0) throw new Error(`${what} ${kept} bytes of workspace were not given back`)
        results.forEach((result, b) => {
          const wanted = expected[b]
          if (wanted === null) return
          compare(`${what} buffer ${b}`, result, wanted)
          if (first !== null && Buffer.compare(bytesOf(result), bytesOf(first[b])) !== 0) {
            throw new Error(`${what} buffer ${b} differs from that with ${threadCounts[0]} threads`)
          }
        })
        first ??= results
      }
    } finally {
      backend.setNumThreads(threadsBefore)
    }
  }
}

/** {@link checkCall} for each of `calls`. */
export function checkCalls(
  calls: readonly KernelCall[],
  backends: readonly NamedBackend[],
  threadCounts?: number[],
): void {
  for (const call of calls) checkCall(call, backends, threadCounts)
}
