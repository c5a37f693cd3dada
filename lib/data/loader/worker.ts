import { parentPort, workerData } from 'node:worker_threads'
import { backend } from '../../kernels/select.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Dataset } from '../dataset.ts'
import { packBatch } from './batch_bytes.ts'
import type { BatchAnswer, BatchRequest, WorkerFailure, WorkerSetup } from './messages.ts'
import { batchContext } from './position.ts'
import { followRecipe } from './recipe.ts'

// The thread that a DataLoader starts: it makes the data set by its recipe and answers requests for batches.

type AnyDataset = Dataset<readonly Tensor[]>

async function read(dataset: AnyDataset, indices: Int32Array, request: BatchRequest, first = 0) {
  const context = batchContext(request.seed, request.epoch, request.start + first * request.step, request.step)
  return dataset.loadBatch ? dataset.loadBatch(indices, context) : dataset.getBatch(indices, context)
}

/** Which sample makes the batch fail: the first that fails alone. */
async function failureOf(dataset: AnyDataset, request: BatchRequest, cause: unknown): Promise<WorkerFailure> {
  for (const [i, sample] of request.indices.entries()) {
    try {
      for (const tensor of await read(dataset, Int32Array.of(sample), request, i)) tensor.dispose()
    } catch (own) {
      return { sample, cause: portable(own) }
    }
  }
  return { sample: null, cause: portable(cause) }
}

/** What a message can carry of whatever was thrown. */
function portable(error: unknown): unknown {
  try {
    return structuredClone(error)
  } catch {
    return new Error(error instanceof Error ? error.message : String(error))
  }
}

async function answer(making: Promise<AnyDataset>, request: BatchRequest): Promise<BatchAnswer> {
  const { id, indices, memory } = request
  let dataset: AnyDataset
  try {
    dataset = await making
  } catch (error) {
    return { id, failure: { sample: null, cause: portable(error) } }
  }
  try {
    return { id, ...packBatch(await read(dataset, indices, request), memory) }
  } catch (error) {
    return { id, failure: await failureOf(dataset, request, error) }
  }
}

async function serve(): Promise<void> {
  const port = parentPort!
  // The cores belong to the training step; workers are as many as the user wants to spend on data.
  backend().setNumThreads(1)
  const making = followRecipe((workerData as WorkerSetup).dataset) as Promise<AnyDataset>
  // A failure is told in the answer to the first request.
  making.catch(() => {})
  // One batch after the other: batches that were asked for earlier are needed earlier.
  let last: Promise<unknown> = Promise.resolve()
  port.on('message', (request: BatchRequest) => {
    last = last.then(async () => port.postMessage(await answer(making, request)))
  })
}

await serve()
