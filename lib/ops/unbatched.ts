import type { Tensor } from '../tensor/tensor.ts'
import { squeeze, unsqueeze } from './views.ts'

/** Runs an op that wants a batch on a single image: adds the batch dimension and takes it away again. */
export function unbatched(input: Tensor, op: (batch: Tensor) => Tensor): Tensor {
  return unbatchedAll(input, op)
}

/** The same for an op that returns one tensor or several. */
export function unbatchedAll<R extends Tensor | Tensor[]>(input: Tensor, op: (batch: Tensor) => R): R {
  const batch = unsqueeze(input, 0)
  const result = op(batch)
  batch.dispose()
  return (Array.isArray(result) ? result.map(withoutBatch) : withoutBatch(result)) as R
}

function withoutBatch(result: Tensor): Tensor {
  const output = squeeze(result, 0)
  result.dispose()
  return output
}
