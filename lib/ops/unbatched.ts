import type { Tensor } from '../tensor/tensor.ts'
import { squeeze, unsqueeze } from './views.ts'

/** Runs an op that wants a batch on a single image: adds the batch dimension and takes it away again. */
export function unbatched(input: Tensor, op: (batch: Tensor) => Tensor): Tensor {
  const batch = unsqueeze(input, 0)
  const result = op(batch)
  batch.dispose()
  const output = squeeze(result, 0)
  result.dispose()
  return output
}
