import { needsGrad, record, save } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import { emptyTensor, Tensor } from '../tensor/tensor.ts'
import { disposeCopy, expectFloat, inAnyOrder, withStrides } from './dense.ts'
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
  const output = reluRaw(input)
  if (needsGrad(input)) {
    // The output says where the gradient passes: it is positive exactly where the input was.
    const saved = save('relu', output)
    record('relu', output, [input], [saved], (gradOutput, owned) => [reluGrad(saved.get(), gradOutput, owned)])
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
function reluGrad(output: Tensor, gradOutput: Tensor, owned: boolean): Tensor {
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
