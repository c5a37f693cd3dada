import type { Recipe } from '../dataset.ts'
import type { SharedTensor } from './batch_bytes.ts'

/** What a worker gets to start with. */
export interface WorkerSetup {
  dataset: Recipe
}

/** One batch asked of a worker. */
export interface BatchRequest {
  /** Which of the requests of this worker it is. */
  id: number
  indices: Int32Array
  seed: number
  epoch: number
  /** Number of the batch's first sample in the epoch. */
  start: number
  /** Distance to the next one's number; 1 unless several loaders share the epoch. */
  step: number
  /** Where the batch is to be written if it fits; it is the worker's until the answer. */
  memory: SharedArrayBuffer
}

/** What went wrong in a worker, in a form that a message can carry. */
export interface WorkerFailure {
  /** The sample that fails by itself, or null when none does or the whole data set could not be made. */
  sample: number | null
  cause: unknown
}

/** A worker's answer to a request; `id` is −1 when it could not start. */
export type BatchAnswer =
  | { id: number; memory: SharedArrayBuffer; layout: SharedTensor[] }
  | { id: number; failure: WorkerFailure }
