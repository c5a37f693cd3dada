import { anyNeedsGrad, needsGrad, record, save, saveOwned } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, Tensor } from '../tensor/tensor.ts'
import { sameShape } from '../util/shape.ts'
import { add } from './arithmetic.ts'
import { disposeCopy, expectFloat, inAnyOrder, withStrides } from './dense.ts'
import { fuses } from './fusion.ts'
import { inplace } from './inplace.ts'

// The smallest op that has everything, to be copied when a new one is written: a check, a fresh output in the input's
// order in memory, the kernel, and under recording a backward that reads what it saved.

/**
 * Rectified linear unit: `output = max(0, input)`. NaN stays NaN.
 *
 * ```ts
 * relu(tensor([-1, 0, 2])).toArray() // [0, 0, 2]
 * ```
 *
 * @param input float32, any shape
 * @returns the input's shape and order in memory
 * @throws {DTypeError} for integers.
 */
export function relu(input: Tensor): Tensor {
  expectFloat('relu', 'input', input)
  if (!needsGrad(input)) return reluRaw(input)
  if (input.size >= BITS_FROM) return reluWithBits('relu', input, null)
  const output = reluRaw(input)
  // The output says where the gradient passes: it is positive exactly where the input was.
  const saved = save('relu', output)
  record('relu', output, [input], [saved], (gradOutput, owned) => [reluGrad(saved.get(), gradOutput, owned)])
  return output
}

// From so many elements on, keeping a bit of each and reading that in backward instead of the output saves more than the
// microsecond that another tensor costs; backward takes half as long.
const BITS_FROM = 1 << 15

/** `relu(a + b)` in one pass each way where the shapes are equal, else and with `STRIDED_FUSE=0` as two ops. */
export function addRelu(a: Tensor, b: Tensor): Tensor {
  if (fuses() && a.dtype === 'float32' && b.dtype === 'float32' && sameShape(a.shape, b.shape)) {
    return reluWithBits('addRelu', a, b)
  }
  const sum = add(a, b)
  const output = relu(sum)
  sum.dispose()
  return output
}

/** `relu(input + residual)`; recorded with bits that say where the gradient passes. */
function reluWithBits(op: string, input: Tensor, residual: Tensor | null): Tensor {
  const dense = inAnyOrder(op, input)
  const added = residual === null ? null : withStrides(op, residual, dense.strides)
  const { size, shape, strides } = dense
  const output = emptyTensor(shape, 'float32', strides)
  const recorded = anyNeedsGrad([input, residual])
  const bits = recorded ? untracked(() => emptyTensor([Math.ceil(size / 8)], 'uint8')) : null
  const buffers = [dense.buffer(op), added?.buffer(op) ?? null, output.buffer(op), bits?.buffer(op) ?? null] as const
  if (size > 0) backend().kernels.reluBitsForward(size, ...buffers)
  disposeCopy(dense, input)
  if (added !== null && residual !== null) disposeCopy(added, residual)
  if (bits !== null) {
    const saved = saveOwned(op, bits)
    const needs = [input.requiresGrad, residual?.requiresGrad ?? false]
    const inputs = residual === null ? [input] : [input, residual]
    record(op, output, inputs, [saved], (gradOutput, owned) => {
      const grad = withStrides(op, gradOutput, strides)
      const result = owned || grad !== gradOutput ? grad : emptyTensor(shape, 'float32', strides)
      const read = [saved.get().buffer(op), grad.buffer(op), result.buffer(op)] as const
      if (size > 0) backend().kernels.reluBitsBackward(size, ...read)
      // The engine owns and disposes each of them.
      return needs[0] && needs[1] ? [result, result.alias()] : needs.map((wanted) => (wanted ? result : null))
    })
  }
  return output
}

function reluRaw(input: Tensor): Tensor {
  const dense = inAnyOrder('relu', input)
  const buffer = dense.buffer('relu')
  const output = emptyTensor(dense.shape, 'float32', dense.strides)
  if (input.size > 0) backend().kernels.reluForward(input.size, buffer, output.buffer('relu'))
  disposeCopy(dense, input)
  return output
}

/** `gradInput = gradOutput` where the output is positive, else 0; in place of a gradient that nobody else reads. */
export function reluGrad(output: Tensor, gradOutput: Tensor, owned: boolean): Tensor {
  const grad = withStrides('relu', gradOutput, output.strides)
  const gradInput = owned || grad !== gradOutput ? grad : emptyTensor(output.shape, 'float32', output.strides)
  const buffers = [output.buffer('relu'), grad.buffer('relu'), gradInput.buffer('relu')] as const
  if (output.size > 0) backend().kernels.reluBackward(output.size, ...buffers)
  return gradInput
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** Rectified linear unit: `max(0, this)`. */
    relu(): Tensor
    relu_(): this
  }
}

Tensor.prototype.relu = function () {
  return relu(this)
}
Tensor.prototype.relu_ = function () {
  expectFloat('relu_', 'the tensor', this)
  inplace('relu_', this, [], {
    direct: () => {
      if (this.isDense() && this.size > 0) {
        backend().kernels.reluForward(this.size, this.buffer('relu_'), this.buffer('relu_'))
      } else this.maximum_(0)
    },
    recorded: relu,
  })
  return this
}
