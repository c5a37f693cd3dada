import type { Tensor } from '../../tensor/tensor.ts'
import { ShapeError } from '../../util/errors.ts'
import { formatShape } from '../../util/shape.ts'

/** What a metric says: one number, one for each class, or a table. */
export type MetricValue = number | number[] | number[][]

/** What a metric needs to continue in the middle of an epoch; plain JSON. */
export type MetricState = Record<string, number | number[]>

/**
 * A measure of how well a model does, gathered batch by batch. A metric of one's own implements this; its state has to be
 * plain JSON, so that a run that was stopped within an epoch continues with the same numbers.
 */
export interface Metric {
  /** Under which its values appear in the history. */
  readonly name: string
  /** Forgets everything. */
  reset(): void
  /** Takes a batch: what the model answered and what was right. */
  update(output: Tensor, target: Tensor): void
  /** The value over all batches since {@link reset}; NaN before the first. */
  compute(): MetricValue
  /** What it needs to go on in the middle of an epoch. */
  stateDict(): MetricState
  /** Takes over what {@link stateDict} gave. */
  loadStateDict(state: MetricState): void
  /** The state of a metric that had seen what all of these had, for runs on several ranks. */
  merge?(states: readonly MetricState[]): MetricState
}

/** Sums of all fields of states that are counts. */
export function sumStates(states: readonly MetricState[]): MetricState {
  const add = (a: number | number[], b: number | number[]): number | number[] =>
    Array.isArray(a) ? a.map((value, i) => value + (b as number[])[i]) : a + (b as number)
  return states.reduce((sum, state) =>
    Object.fromEntries(Object.entries(sum).map(([name, value]) => [name, add(value, state[name])])),
  )
}

/** A batch of scores and classes, row by row. */
export interface Rows {
  /** Scores, `classes` of them for each row. */
  readonly scores: ArrayLike<number>
  /** The right class of each row. */
  readonly targets: Int32Array
  readonly rows: number
  readonly classes: number
}

/** The position of the largest number of a row; the first one wins, and a NaN is larger than anything, as in PyTorch. */
export function argmaxOf(values: ArrayLike<number>, begin: number, count: number): number {
  let best = 0
  for (let c = 1; c < count; c++) {
    const held = values[begin + best]
    if (Number.isNaN(held)) return best
    const value = values[begin + c]
    if (value > held || Number.isNaN(value)) best = c
  }
  return best
}

/**
 * Reads scores and classes out of their tensors.
 *
 * @param output scores `[N, C]`
 * @param target class indices `[N]`, or probabilities `[N, C]`, whose largest counts as the right class
 * @throws {ShapeError} for any other shapes.
 */
export function rowsOf(name: string, output: Tensor, target: Tensor): Rows {
  const [rows, classes] = output.shape
  const soft = target.ndim === 2 && target.dtype === 'float32' && target.shape[1] === classes
  if (output.ndim !== 2 || target.shape[0] !== rows || !(soft || target.ndim === 1)) {
    throw new ShapeError(
      `${name}: expected scores [N, C] and classes [N] or probabilities [N, C]; ` +
        `output ${formatShape(output.shape)}, target ${formatShape(target.shape)}`,
    )
  }
  const values = target.toTypedArray()
  const targets = soft
    ? Int32Array.from({ length: rows }, (_, row) => argmaxOf(values as ArrayLike<number>, row * classes, classes))
    : Int32Array.from(values as ArrayLike<number | bigint>, Number)
  return { scores: output.toTypedArray() as ArrayLike<number>, targets, rows, classes }
}
