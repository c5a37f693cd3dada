import { backend } from '../kernels/select.ts'
import type { BinaryOp, CompareOp } from '../reference/index.ts'
import { emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { broadcastShapes } from '../util/shape.ts'
import { binaryRaw, resultStrides, scalarRaw, scalarTensor, stridedProblem } from './binary.ts'
import { castRaw } from './dense.ts'
import { unaryRaw } from './unary.ts'

/** Gradient for one operand of `output = op(a, b)`, and which operands' values it reads. */
interface OperandGrad {
  readsA: boolean
  readsB: boolean
  /** Shaped like the output; the caller sums it over what was broadcast. */
  grad(gradOutput: Tensor, a: Tensor, b: Tensor): Tensor
}

/** Gradients for both operands. */
export interface BinaryGrads {
  a: OperandGrad
  b: OperandGrad
}

const product = (a: Tensor, b: Tensor): Tensor => binaryRaw('mul', 'mul', a, b)
const quotient = (a: Tensor, b: Tensor): Tensor => binaryRaw('div', 'div', a, b)
const scaled = (a: Tensor, factor: number): Tensor => scalarRaw('mul', 'mul', a, factor)

/** `op(a, b)` as float32 ones and zeros. */
export function mask(op: CompareOp, a: Tensor, b: Tensor | number): Tensor {
  return castRaw(op, compareRaw(op, a, typeof b === 'number' ? scalarTensor(b) : b), 'float32')
}

/** `op(a, b)` of float32 tensors with broadcasting as uint8, outside the graph. */
export function compareRaw(op: CompareOp, a: Tensor, b: Tensor): Tensor {
  const bufferA = a.buffer(op)
  const bufferB = b.buffer(op)
  const shape = broadcastShapes(op, a.shape, b.shape)
  const output = emptyTensor(shape, 'uint8', resultStrides(shape, a, b))
  if (output.size > 0) {
    backend().kernels.compareStrided(op, stridedProblem(a, b, output), bufferA, bufferB, output.buffer(op))
  }
  return output
}

/** `gradOutput` where `a` alone won, half of it at ties, 0 where it lost; written so that NaN lets the gradient pass. */
function winnerGrad(loses: 'lt' | 'gt') {
  return (gradOutput: Tensor, a: Tensor, b: Tensor): Tensor => {
    const lost = binaryRaw('add', 'add', mask(loses, a, b), scaled(mask('eq', a, b), 0.5))
    return product(gradOutput, scalarRaw('sub', 'rsub', lost, 1))
  }
}

function swap(grad: (gradOutput: Tensor, a: Tensor, b: Tensor) => Tensor) {
  return (gradOutput: Tensor, a: Tensor, b: Tensor): Tensor => grad(gradOutput, b, a)
}

/** `b · a^(b−1)`, and 0 where `b` is 0 even if the power is infinite. */
function powBaseGrad(gradOutput: Tensor, a: Tensor, b: Tensor): Tensor {
  // Where b is 0 the exponent becomes 0 too, so that the factor 0 meets a finite power.
  const exponent = product(scalarRaw('sub', 'sub', b, 1), mask('ne', b, 0))
  return product(gradOutput, product(b, binaryRaw('pow', 'pow', a, exponent)))
}

/** `aᵇ · ln a`, and 0 where `a` is 0 and `b` is not negative, where the limit is 0. */
function powExponentGrad(gradOutput: Tensor, a: Tensor, b: Tensor): Tensor {
  // ln 1 = 0 stands in for the logarithm of 0 there.
  const limit = product(mask('eq', a, 0), mask('ge', b, 0))
  const logarithm = unaryRaw('log', binaryRaw('add', 'add', a, limit))
  return product(gradOutput, product(binaryRaw('pow', 'pow', a, b), logarithm))
}

/** `−a / b²` */
function divisorGrad(gradOutput: Tensor, a: Tensor, b: Tensor): Tensor {
  return product(gradOutput, unaryRaw('neg', quotient(quotient(a, b), b)))
}

const passes: OperandGrad = { readsA: false, readsB: false, grad: (gradOutput) => gradOutput }
const readsBoth = { readsA: true, readsB: true }

/** Derivatives of the functions of two tensors. */
export const BINARY_GRADS: Record<'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum', BinaryGrads> = {
  add: { a: passes, b: passes },
  sub: { a: passes, b: { readsA: false, readsB: false, grad: (gradOutput) => unaryRaw('neg', gradOutput) } },
  mul: {
    a: { readsA: false, readsB: true, grad: (gradOutput, _a, b) => product(gradOutput, b) },
    b: { readsA: true, readsB: false, grad: (gradOutput, a) => product(gradOutput, a) },
  },
  div: {
    a: { readsA: false, readsB: true, grad: (gradOutput, _a, b) => quotient(gradOutput, b) },
    b: { ...readsBoth, grad: divisorGrad },
  },
  pow: { a: { ...readsBoth, grad: powBaseGrad }, b: { ...readsBoth, grad: powExponentGrad } },
  maximum: { a: { ...readsBoth, grad: winnerGrad('lt') }, b: { ...readsBoth, grad: swap(winnerGrad('lt')) } },
  minimum: { a: { ...readsBoth, grad: winnerGrad('gt') }, b: { ...readsBoth, grad: swap(winnerGrad('gt')) } },
}

/** Gradient of `op(a, scalar)`, and whether it reads the values of `a`. */
interface ScalarGrad {
  reads: boolean
  grad(gradOutput: Tensor, a: Tensor, scalar: number): Tensor
}

function scalarWinner(loses: 'lt' | 'gt'): ScalarGrad {
  const grad = winnerGrad(loses)
  return { reads: true, grad: (gradOutput, a, scalar) => grad(gradOutput, a, scalarTensor(scalar)) }
}

/** Derivatives of the functions of a tensor and a number, the swapped forms included. */
export const SCALAR_GRADS: Record<BinaryOp, ScalarGrad> = {
  add: { reads: false, grad: (gradOutput) => gradOutput },
  sub: { reads: false, grad: (gradOutput) => gradOutput },
  rsub: { reads: false, grad: (gradOutput) => unaryRaw('neg', gradOutput) },
  mul: { reads: false, grad: (gradOutput, _a, scalar) => scaled(gradOutput, scalar) },
  div: { reads: false, grad: (gradOutput, _a, scalar) => scalarRaw('div', 'div', gradOutput, scalar) },
  rdiv: { reads: true, grad: (gradOutput, a, scalar) => divisorGrad(gradOutput, scalarTensor(scalar), a) },
  pow: {
    reads: true,
    grad: (gradOutput, a, scalar) => {
      if (scalar === 0) return scaled(gradOutput, 0)
      return product(gradOutput, scaled(scalarRaw('pow', 'pow', a, scalar - 1), scalar))
    },
  },
  rpow: { reads: true, grad: (gradOutput, a, scalar) => powExponentGrad(gradOutput, scalarTensor(scalar), a) },
  maximum: scalarWinner('lt'),
  minimum: scalarWinner('gt'),
}
