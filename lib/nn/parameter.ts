import { untrack, untracked } from '../tensor/scope.ts'
import { emptyTensor, Tensor } from '../tensor/tensor.ts'
import { DTypeError } from '../util/errors.ts'
import type { Shape } from '../util/shape.ts'

/** A tensor that a module trains; assigned to a module's field, it is one of its `parameters()`. */
export class Parameter extends Tensor {
  /**
   * Shares the memory of `data`; `requiresGrad` is true unless said otherwise.
   *
   * @throws {DTypeError} for other element types than float32.
   */
  constructor(data: Tensor, { requiresGrad = true }: { requiresGrad?: boolean } = {}) {
    if (data.dtype !== 'float32') throw new DTypeError(`Parameter: expected float32, got ${data.dtype}`)
    data.checkAlive('Parameter')
    super(data.storage, data.offset, data.shape, data.strides, data.dtype, data.dense)
    // A scope that a module is built in must not take its parameters.
    untrack(this)
    this.requiresGrad = requiresGrad
  }

  /** Whether the shape is still to be inferred from the first input. */
  get isLazy(): boolean {
    return false
  }
}

/** A parameter of which some sizes, written as 0, are known only when the first input has been seen. */
export class LazyParameter extends Parameter {
  #lazy = true
  /** Whether optimizers refuse the parameter until its shape is known. */
  readonly beforeOptimizers: boolean

  constructor(shape: Shape, { beforeOptimizers = false }: { beforeOptimizers?: boolean } = {}) {
    const data = untracked(() => emptyTensor(shape, 'float32'))
    super(data)
    this.beforeOptimizers = beforeOptimizers
    data.dispose()
  }

  override get isLazy(): boolean {
    return this.#lazy
  }

  /** Gives the parameter the memory and shape of `data`, whose count it takes over. */
  materialize(data: Tensor): void {
    adopt(this, data)
    this.#lazy = false
  }
}

/** A buffer of which some sizes, written as 0, are known only when the first input has been seen. */
export class LazyBuffer extends Tensor {
  #lazy = true

  constructor(shape: Shape) {
    const { storage, strides } = untracked(() => emptyTensor(shape, 'float32'))
    super(storage, 0, shape, strides, 'float32', true)
    // The count of the tensor that made the storage.
    storage.release()
    untrack(this)
  }

  /** Whether the shape is still to be inferred from the first input. */
  get isLazy(): boolean {
    return this.#lazy
  }

  /** Gives the buffer the memory and shape of `data`, whose count it takes over. */
  materialize(data: Tensor): void {
    adopt(this, data)
    this.#lazy = false
  }
}

/** Gives a tensor the memory and shape of `data`, whose count it takes over. */
function adopt(target: Tensor, data: Tensor): void {
  const { storage, offset, shape, strides, size, dense } = data
  storage.refs++
  target.storage.release()
  Object.assign(target, { storage, offset, shape, strides, size, dense })
  data.dispose()
}

/** Makes a parameter of a tensor that nobody else holds. */
export function ownParameter(data: Tensor): Parameter {
  const parameter = new Parameter(data)
  data.dispose()
  return parameter
}
