import { backend } from '../kernels/select.ts'
import type { BinaryOp } from '../reference/index.ts'
import { broadcastStrides, type Strides, sameLayout } from '../tensor/layout.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { broadcastShapes, type Shape, sameShape } from '../util/shape.ts'

/** Whether two tensors of one shape lie in memory alike and without gaps, so that kernels may run over them flat. */
function lieAlike(a: Tensor, b: Tensor): boolean {
  return a.isDense() && b.isDense() && sameLayout(a.shape, a.strides, b.strides)
}

/** Order in memory of a broadcast result: that of the first operand which has the full shape and no gaps. */
export function resultStrides(shape: Shape, a: Tensor, b: Tensor): Strides | undefined {
  if (sameShape(a.shape, shape) && a.isDense()) return a.strides
  return sameShape(b.shape, shape) && b.isDense() ? b.strides : undefined
}

/** `op(a, b)` of two float32 tensors with broadcasting, outside the graph; `name` is what errors call the op. */
export function binaryRaw(name: string, op: BinaryOp, a: Tensor, b: Tensor): Tensor {
  const bufferA = a.buffer(name)
  const bufferB = b.buffer(name)
  if (sameShape(a.shape, b.shape) && lieAlike(a, b)) {
    const output = emptyTensor(a.shape, 'float32', a.strides)
    if (a.size > 0) backend().kernels.binary(op, a.size, bufferA, bufferB, output.buffer(name))
    return output
  }
  const shape = broadcastShapes(name, a.shape, b.shape)
  const output = emptyTensor(shape, 'float32', resultStrides(shape, a, b))
  if (output.size > 0) {
    backend().kernels.binaryStrided(op, stridedProblem(a, b, output), bufferA, bufferB, output.buffer(name))
  }
  return output
}

/** The problem of a broadcast kernel that writes `output`. */
export function stridedProblem(a: Tensor, b: Tensor, output: Tensor) {
  return {
    shape: output.shape,
    aStrides: broadcastStrides(a.shape, a.strides, output.shape),
    bStrides: broadcastStrides(b.shape, b.strides, output.shape),
    outputStrides: output.strides,
  }
}

/** `op(a, scalar)` of a float32 tensor and a number, outside the graph. */
export function scalarRaw(name: string, op: BinaryOp, a: Tensor, scalar: number): Tensor {
  const buffer = a.buffer(name)
  if (a.isDense()) {
    const output = emptyTensor(a.shape, 'float32', a.strides)
    if (a.size > 0) backend().kernels.binaryScalar(op, a.size, buffer, scalar, output.buffer(name))
    return output
  }
  const number = scalarTensor(scalar)
  const output = binaryRaw(name, op, a, number)
  number.dispose()
  return output
}

/** `target = op(target, b)` of float32 tensors; `b` must broadcast to the target and not overlap it otherwise. */
export function binaryInto(name: string, op: BinaryOp, target: Tensor, b: Tensor): void {
  const buffer = target.buffer(name)
  if (target.size === 0) return
  const { kernels } = backend()
  if (sameShape(target.shape, b.shape) && lieAlike(target, b)) {
    kernels.binary(op, target.size, buffer, b.buffer(name), buffer)
  } else kernels.binaryStrided(op, stridedProblem(target, b, target), buffer, b.buffer(name), buffer)
}

/** `target = op(target, scalar)` of a float32 tensor and a number. */
export function scalarInto(name: string, op: BinaryOp, target: Tensor, scalar: number): void {
  const buffer = target.buffer(name)
  if (target.size === 0) return
  if (target.isDense()) backend().kernels.binaryScalar(op, target.size, buffer, scalar, buffer)
  else {
    const number = scalarTensor(scalar)
    binaryInto(name, op, target, number)
    number.dispose()
  }
}

/** A float32 tensor without dimensions. */
export function scalarTensor(value: number): Tensor {
  const output = emptyTensor([], 'float32')
  backend().kernels.fill(1, value, output.buffer('scalar'))
  return output
}
