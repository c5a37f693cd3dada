import type { Backend, Block } from '../kernels/backend.ts'
import { backend } from '../kernels/select.ts'
import { formatShape, type Shape } from '../util/shape.ts'
import type { DType } from './dtype.ts'

/**
 * A block of memory that one or more tensors look at.
 *
 * Every tensor object that is alive, views and those the tape keeps included, owns one count. The block is freed when
 * the last count is given back, or when this object has become garbage, which is the case when all tensors that never
 * gave theirs back have.
 */
export class Storage {
  /** Whose memory it is, whatever backend is in place when it is used or given back. */
  readonly home: Backend
  readonly block: Block
  readonly byteLength: number
  readonly shape: Shape
  readonly dtype: DType
  /** Number of edits in place so far; what the tape keeps remembers the number it saw. */
  version = 0
  /** Whether a differentiable view was ever made: in-place edits under recording are then refused. */
  viewed = false
  /** Counts that are out. */
  refs = 0

  /**
   * @param shape and element type of the tensor that it is made for, for messages
   */
  constructor(byteLength: number, shape: Shape, dtype: DType) {
    this.byteLength = byteLength
    this.shape = shape
    this.dtype = dtype
    this.home = backend()
    this.block = this.home.allocate(byteLength, this)
  }

  /** Whether the block was freed; nothing may look at it any more. */
  freed = false

  /** @internal What a report of full memory says of it. */
  get description(): string {
    return `${this.dtype} ${formatShape(this.shape)}`
  }

  /** Gives one count back. */
  release(): void {
    if (--this.refs > 0) return
    this.freed = true
    this.home.free(this.block)
  }
}
