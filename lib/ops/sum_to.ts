import { Tensor } from '../tensor/tensor.ts'
import { type Shape, sameShape } from '../util/shape.ts'
import { reduceRaw } from './reduce_raw.ts'

/**
 * Sums a gradient over the dimensions that broadcasting repeated, which gives it the operand's shape; outside the graph.
 * Returns the gradient itself when nothing was repeated.
 */
export function sumTo(grad: Tensor, shape: Shape): Tensor {
  if (sameShape(grad.shape, shape)) return grad
  const lead = grad.ndim - shape.length
  const dims: number[] = []
  for (let i = 0; i < grad.ndim; i++) if (i < lead || shape[i - lead] !== grad.shape[i]) dims.push(i)
  const summed = reduceRaw('sum', grad, dims, { keepdim: true })
  const output = new Tensor(summed.storage, 0, shape, summed.strides.slice(lead), 'float32', true)
  summed.dispose()
  return output
}
