import { noGrad } from '../autograd/grad_mode.ts'
import { backend } from '../kernels/select.ts'
import { contiguous } from '../ops/copy.ts'
import { cloneRaw } from '../ops/dense.ts'
import { untracked } from '../tensor/scope.ts'
import { copyElements, emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkChoice, checkOptions } from '../util/check.ts'
import { DTypeError, RangeError } from '../util/errors.ts'
import { init } from './init.ts'
import { runJob } from './jobs.ts'

/** What an all-reduce computes, and whether its rounding may differ from run to run. */
export interface AllReduceOptions {
  /**
   * What becomes of the elements of all ranks: `sum` by default, their average (float32 alone), the largest, the
   * smallest.
   */
  op?: 'sum' | 'avg' | 'max' | 'min'
  /**
   * Adds float32 elements in the order of ranks, so that equal runs give equal bits; `false`, the library's fastest, by
   * default.
   */
  deterministic?: boolean
}

/** Waits until every rank has come here. */
export function barrier(): void {
  if (init().size > 1) runJob('barrier', { kind: 'barrier' }, null)
}

/** Runs `fn` on the tensor's elements in row-major order, and puts them back where they lie otherwise. */
function inPlace(op: string, tensor: Tensor, fn: (elements: Tensor) => void): Tensor {
  tensor.checkAlive(op)
  if (tensor.size === 0) return tensor
  untracked(() =>
    noGrad(() => {
      const elements = contiguous(tensor)
      fn(elements)
      if (elements.storage !== tensor.storage) copyElements(op, elements, tensor)
      if (elements !== tensor) elements.dispose()
    }),
  )
  tensor.storage.version++
  return tensor
}

/**
 * Gives every rank the elements of one of them, in place.
 *
 * ```ts
 * distributed.broadcast(weights, 0)
 * ```
 *
 * @param tensor of the same shape and type on every rank
 * @param src the rank that gives
 * @returns the tensor
 * @throws {RangeError} when there is no such rank.
 * @throws {StateError} when another rank has ended.
 */
export function broadcast(tensor: Tensor, src: number): Tensor {
  const { size } = init()
  if (!Number.isInteger(src) || src < 0 || src >= size) {
    throw new RangeError(`broadcast: expected src to be a rank below ${size}, got ${src}`)
  }
  if (size === 1) return tensor
  return inPlace('broadcast', tensor, (elements) => runJob('broadcast', { kind: 'broadcast', root: src }, elements))
}

/** The options of an all-reduce with their defaults. */
export function checkReduction(op: string, tensor: Tensor, options: AllReduceOptions): Required<AllReduceOptions> {
  checkOptions(op, options, ['op', 'deterministic'])
  const reduction = checkChoice(op, 'op', options.op ?? 'sum', ['sum', 'avg', 'max', 'min'])
  if (reduction === 'avg' && tensor.dtype !== 'float32') {
    throw new DTypeError(`${op}: expected float32 elements to average, got ${tensor.dtype}`)
  }
  return { op: reduction, deterministic: options.deterministic ?? false }
}

/**
 * Reduces the elements of all ranks, in place: every rank ends with the result.
 *
 * ```ts
 * distributed.allReduce(loss, { op: 'avg' })
 * ```
 *
 * @param tensor of the same shape and type on every rank
 * @returns the tensor
 * @throws {DTypeError} for averages of other types than float32.
 * @throws {StateError} when another rank has ended.
 */
export function allReduce(tensor: Tensor, options: AllReduceOptions = {}): Tensor {
  const { op, deterministic } = checkReduction('allReduce', tensor, options)
  const { size } = init()
  if (size === 1) return tensor
  const sums = op === 'sum' || op === 'avg'
  const kind = deterministic && sums && tensor.dtype === 'float32' ? 'allReduceInOrder' : 'allReduce'
  return inPlace('allReduce', tensor, (elements) => {
    runJob('allReduce', { kind, op: op === 'avg' ? 'sum' : op }, elements)
    const buffer = elements.buffer('allReduce')
    if (op === 'avg') backend().kernels.binaryScalar('div', elements.size, buffer, size, buffer)
  })
}

/**
 * The tensors of all ranks, in the order of ranks.
 *
 * ```ts
 * const [first, second] = distributed.allGather(tensor([distributed.rank()]))
 * ```
 *
 * @param tensor of the same shape and type on every rank
 * @returns copies, row-major in memory
 * @throws {StateError} when another rank has ended.
 */
export function allGather(tensor: Tensor): Tensor[] {
  tensor.checkAlive('allGather')
  const { size } = init()
  return noGrad(() => {
    if (size === 1 || tensor.size === 0) return Array.from({ length: size }, () => cloneRaw('allGather', tensor))
    const own = contiguous(tensor)
    const all = untracked(() => emptyTensor([size, ...tensor.shape], tensor.dtype))
    runJob('allGather', { kind: 'allGather' }, own, all)
    if (own !== tensor) own.dispose()
    const parts = Array.from({ length: size }, (_, rank) => {
      const part = emptyTensor(tensor.shape, tensor.dtype)
      const view = all.viewAs(tensor.shape, part.strides, rank * tensor.size, true)
      copyElements('allGather', view, part)
      view.dispose()
      return part
    })
    all.dispose()
    return parts
  })
}
