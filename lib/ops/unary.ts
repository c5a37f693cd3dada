import { needsGrad, record, save } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { UnaryOp } from '../reference/index.ts'
import { composed } from '../tensor/scope.ts'
import { copyElements, emptyTensor, Tensor } from '../tensor/tensor.ts'
import { binaryRaw, scalarRaw } from './binary.ts'
import { disposeCopy, expectFloat, expectTensor, inAnyOrder } from './dense.ts'
import { inplace } from './inplace.ts'
import { isInteger, unaryInteger } from './integer.ts'

/** `op(input)` of a float32 tensor, outside the graph, in the input's order in memory where it has no gaps. */
export function unaryRaw(op: UnaryOp, input: Tensor): Tensor {
  const dense = inAnyOrder(op, input)
  const buffer = dense.buffer(op)
  const output = emptyTensor(dense.shape, 'float32', dense.strides)
  if (input.size > 0) backend().kernels.unary(op, input.size, buffer, output.buffer(op))
  disposeCopy(dense, input)
  return output
}

/** The gradient of an element-wise function from the gradient of its output and the one tensor it kept. */
type UnaryGrad = (gradOutput: Tensor, kept: Tensor) => Tensor

const product = (a: Tensor, b: Tensor): Tensor => binaryRaw('mul', 'mul', a, b)

/** What each function keeps for backward, and its derivative. */
const RULES: Record<UnaryOp, { keeps: 'input' | 'output' | 'nothing'; grad: UnaryGrad }> = {
  neg: { keeps: 'nothing', grad: (gradOutput) => unaryRaw('neg', gradOutput) },
  abs: { keeps: 'input', grad: (gradOutput, input) => product(gradOutput, unaryRaw('sign', input)) },
  exp: { keeps: 'output', grad: product },
  log: { keeps: 'input', grad: (gradOutput, input) => binaryRaw('div', 'div', gradOutput, input) },
  // 1 / (2 √x)
  sqrt: {
    keeps: 'output',
    grad: (gradOutput, output) => binaryRaw('div', 'div', gradOutput, scalarRaw('mul', 'mul', output, 2)),
  },
  square: { keeps: 'input', grad: (gradOutput, input) => product(gradOutput, scalarRaw('mul', 'mul', input, 2)) },
  // −1 / x²
  reciprocal: {
    keeps: 'output',
    grad: (gradOutput, output) => product(gradOutput, unaryRaw('neg', unaryRaw('square', output))),
  },
  sign: { keeps: 'nothing', grad: (gradOutput) => scalarRaw('mul', 'mul', gradOutput, 0) },
  floor: { keeps: 'nothing', grad: (gradOutput) => scalarRaw('mul', 'mul', gradOutput, 0) },
}

function unary(op: UnaryOp, input: Tensor): Tensor {
  expectTensor(op, 'input', input)
  if (isInteger(input)) return unaryInteger(op, input)
  const output = unaryRaw(op, input)
  if (needsGrad(input)) recordUnary(op, input, output)
  return output
}

function recordUnary(op: UnaryOp, input: Tensor, output: Tensor): void {
  const { keeps, grad } = RULES[op]
  if (keeps === 'nothing') {
    record(op, output, [input], null, (gradOutput) => [grad(gradOutput, gradOutput)])
    return
  }
  const kept = save(op, keeps === 'input' ? input : output)
  record(op, output, [input], [kept], (gradOutput) => [grad(gradOutput, kept.get())])
}

/** Replaces the elements of `target` by `op` of them. */
function unaryInplace(op: UnaryOp, target: Tensor): Tensor {
  const name = `${op}_`
  expectFloat(name, 'the tensor', target)
  return inplace(name, target, [], {
    direct: () => {
      const buffer = target.buffer(name)
      if (target.isDense() && target.size > 0) backend().kernels.unary(op, target.size, buffer, buffer)
      else composed(() => assign(name, target, unaryRaw(op, target)))
    },
    recorded: (old) => unary(op, old),
  })
}

function assign(name: string, target: Tensor, result: Tensor): Tensor {
  copyElements(name, result, target)
  return target
}

/** `−x` */
export const neg = (input: Tensor): Tensor => unary('neg', input)
/** `|x|`; the gradient at 0 is 0. */
export const abs = (input: Tensor): Tensor => unary('abs', input)
/** `eˣ` */
export const exp = (input: Tensor): Tensor => unary('exp', input)
/** Natural logarithm; NaN below 0. */
export const log = (input: Tensor): Tensor => unary('log', input)
/** `√x`; NaN below 0. */
export const sqrt = (input: Tensor): Tensor => unary('sqrt', input)
/** `x²` */
export const square = (input: Tensor): Tensor => unary('square', input)
/** `1 / x` */
export const reciprocal = (input: Tensor): Tensor => unary('reciprocal', input)
/** −1, 0 or 1; the gradient is 0. */
export const sign = (input: Tensor): Tensor => unary('sign', input)
/** The largest whole number that is not above; the gradient is 0. */
export const floor = (input: Tensor): Tensor => unary('floor', input)

declare module '../tensor/tensor.ts' {
  interface Tensor {
    neg(): Tensor
    abs(): Tensor
    exp(): Tensor
    log(): Tensor
    sqrt(): Tensor
    square(): Tensor
    reciprocal(): Tensor
    sign(): Tensor
    floor(): Tensor
    neg_(): Tensor
    abs_(): Tensor
    exp_(): Tensor
    log_(): Tensor
    sqrt_(): Tensor
    square_(): Tensor
    reciprocal_(): Tensor
    sign_(): Tensor
    floor_(): Tensor
  }
}

for (const op of Object.keys(RULES) as UnaryOp[]) {
  Tensor.prototype[op] = function () {
    return unary(op, this)
  }
  Tensor.prototype[`${op}_`] = function () {
    return unaryInplace(op, this)
  }
}
