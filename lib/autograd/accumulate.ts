import { backend } from '../kernels/select.ts'
import { sameLayout } from '../tensor/layout.ts'
import { copyElements, emptyTensor, type Tensor } from '../tensor/tensor.ts'

/** Whether nobody else looks at the tensor's memory and every element lies there once: it may be changed in place. */
export function isExclusive(tensor: Tensor): boolean {
  return tensor.storage.refs === 1 && tensor.isDense()
}

/** `target += addend` for dense `target` of the same shape. */
function addInto(target: Tensor, addend: Tensor): void {
  addTensors(target, addend, target)
  target.storage.version++
}

function addTensors(a: Tensor, b: Tensor, output: Tensor): void {
  if (output.size === 0) return
  const { kernels } = backend()
  const buffers = [a.buffer('backward'), b.buffer('backward'), output.buffer('backward')] as const
  const flat = a.isDense() && b.isDense() && sameLayout(a.shape, a.strides, b.strides)
  if (flat && sameLayout(a.shape, a.strides, output.strides)) kernels.binary('add', output.size, ...buffers)
  else {
    const strides = { aStrides: a.strides, bStrides: b.strides, outputStrides: output.strides }
    kernels.binaryStrided('add', { shape: output.shape, ...strides }, ...buffers)
  }
}

/** The sum of two gradients that the engine owns, made in one of them where that one is exclusively its own. */
export function sumGrads(a: Tensor, b: Tensor): Tensor {
  if (isExclusive(a)) {
    addInto(a, b)
    b.dispose()
    return a
  }
  if (isExclusive(b)) {
    addInto(b, a)
    a.dispose()
    return b
  }
  const output = emptyTensor(a.shape, a.dtype, a.isDense() ? a.strides : undefined)
  addTensors(a, b, output)
  a.dispose()
  b.dispose()
  return output
}

/**
 * Adds a gradient to `target.grad`, which always has the target's own order in memory, so that optimizers may run over
 * both as flat arrays. The first gradient is taken over as it is when it fits and nobody else holds it.
 *
 * @param exposed whether a hook has seen the gradient and may hold it
 */
export function accumulateGrad(target: Tensor, grad: Tensor, exposed: boolean): void {
  const known = target.gradTensor
  if (known?.isDense()) {
    addInto(known, grad)
    if (!exposed) grad.dispose()
    return
  }
  if (known !== null) {
    // Only a gradient set by hand can have elements that share memory or lie apart; it is not written to.
    const sum = emptyTensor(target.shape, target.dtype, target.isDense() ? target.strides : undefined)
    addTensors(known, grad, sum)
    if (!exposed) grad.dispose()
    target.clearGrad()
    target.gradTensor = sum
    return
  }
  const strides = target.isDense() ? target.strides : undefined
  const fits = strides === undefined ? grad.isContiguous() : sameLayout(grad.shape, grad.strides, strides)
  if (!exposed && fits && grad.offset === 0 && isExclusive(grad)) {
    target.gradTensor = grad
  } else {
    const copy = emptyTensor(target.shape, target.dtype, strides)
    copyElements('backward', grad, copy)
    if (!exposed) grad.dispose()
    target.gradTensor = copy
  }
  target.gradExposed = false
}
