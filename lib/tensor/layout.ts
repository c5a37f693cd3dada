import { rowMajorStrides, type Shape, sizeOf } from '../util/shape.ts'

/** Distance in elements between neighbours along each dimension. */
export type Strides = readonly number[]

/** Orders in which a tensor's elements may be asked to lie in memory. */
export type MemoryFormat = 'rowMajor' | 'channelsLast'

/** Whether the last dimension varies fastest and there are no gaps. Strides of dimensions of size 1 do not matter. */
export function isRowMajor(shape: Shape, strides: Strides): boolean {
  let expected = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i]
    if (size === 0) return true
    if (size !== 1) {
      if (strides[i] !== expected) return false
      expected *= size
    }
  }
  return true
}

/**
 * Strides of a dense tensor `[N, C, ...spatial]` whose channels vary fastest: `[N, ...spatial, C]` in memory. Below
 * three dimensions that is the row-major order itself.
 */
export function channelsLastStrides(shape: Shape): number[] {
  if (shape.length < 3) return rowMajorStrides(shape)
  const strides = new Array<number>(shape.length)
  strides[1] = 1
  let stride = shape[1]
  for (let i = shape.length - 1; i >= 2; i--) {
    strides[i] = stride
    stride *= shape[i]
  }
  strides[0] = stride
  return strides
}

/** Whether a tensor `[N, C, ...spatial]` lies in memory as `[N, ...spatial, C]` without gaps. */
export function isChannelsLast(shape: Shape, strides: Strides): boolean {
  if (shape.length < 3) return isRowMajor(shape, strides)
  if (sizeOf(shape) === 0) return true
  let expected = 1
  if (shape[1] !== 1) {
    if (strides[1] !== 1) return false
    expected = shape[1]
  }
  for (let i = shape.length - 1; i >= 2; i--) {
    if (shape[i] !== 1) {
      if (strides[i] !== expected) return false
      expected *= shape[i]
    }
  }
  return shape[0] === 1 || strides[0] === expected
}

/** Whether a tensor lies in memory in the order asked for, without gaps. */
export function hasFormat(shape: Shape, strides: Strides, format: MemoryFormat): boolean {
  return format === 'channelsLast' ? isChannelsLast(shape, strides) : isRowMajor(shape, strides)
}

/** Whether the elements fill a block of memory exactly once each, whatever the order of the dimensions. */
export function isDense(shape: Shape, strides: Strides): boolean {
  if (isRowMajor(shape, strides)) return true
  let expected = 1
  let open = 0
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] === 0) return true
    if (shape[i] !== 1) open++
  }
  // A dense order has exactly one dimension of stride 1, one whose stride is that one's size, and so on.
  while (open > 0) {
    let next = -1
    for (let i = 0; i < shape.length; i++) if (shape[i] !== 1 && strides[i] === expected) next = i
    if (next === -1) return false
    expected *= shape[next]
    open--
  }
  return true
}

/** Whether two sets of strides mean the same order for a shape; those of dimensions of size 1 do not matter. */
export function sameLayout(shape: Shape, a: Strides, b: Strides): boolean {
  if (a === b) return true
  for (let i = 0; i < shape.length; i++) if (a[i] !== b[i] && shape[i] !== 1) return false
  return true
}

/** Elements from the first to the last one, both included. */
export function spanOf(shape: Shape, strides: Strides): number {
  let last = 0
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] === 0) return 0
    last += (shape[i] - 1) * strides[i]
  }
  return last + 1
}

/** Strides that repeat a tensor over a larger shape that it broadcasts to: 0 where it has size 1 or no dimension. */
export function broadcastStrides(shape: Shape, strides: Strides, to: Shape): Strides {
  if (shape === to) return strides
  const result = new Array<number>(to.length)
  const lead = to.length - shape.length
  for (let i = 0; i < to.length; i++) result[i] = i < lead || shape[i - lead] !== to[i] ? 0 : strides[i - lead]
  return result
}

/** Dimensions of size above 1 in the order they lie in memory, the slowest first. */
export function physicalOrder(shape: Shape, strides: Strides): number[] {
  const order: number[] = []
  for (let i = 0; i < shape.length; i++) if (shape[i] !== 1) order.push(i)
  return order.sort((a, b) => strides[b] - strides[a])
}

/**
 * Strides that show the same memory under another shape of equally many elements, or null where only a copy can.
 *
 * Dimensions that lie without gaps behind each other are joined, and the new shape must split the joined ones.
 */
export function viewStrides(shape: Shape, strides: Strides, newShape: Shape): number[] | null {
  if (sizeOf(shape) === 0) return rowMajorStrides(newShape)
  const result = new Array<number>(newShape.length)
  let next = newShape.length - 1
  let group = 1
  let stride = shape.length > 0 ? strides[shape.length - 1] : 1
  for (let i = shape.length - 1; i >= 0; i--) {
    group *= shape[i]
    const endsHere = i === 0 || (shape[i - 1] !== 1 && strides[i - 1] !== group * stride)
    if (!endsHere) continue
    let taken = 1
    while (next >= 0 && (taken < group || newShape[next] === 1)) {
      result[next] = taken * stride
      taken *= newShape[next--]
    }
    if (taken !== group) return null
    group = 1
    if (i > 0) stride = strides[i - 1]
  }
  while (next >= 0) result[next--] = 1
  return result
}
