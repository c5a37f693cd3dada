import type { Floats } from './types.ts'

/**
 * Reductions over the middle of a dense `[outer, size, inner]` buffer; the output is `[outer, inner]`.
 * `var` divides by `size - correction`. `max` and `min` propagate NaN; `argmax` and `argmin` write int32, the first
 * winner on ties, and a NaN wins.
 */
export type ReduceOp = 'sum' | 'mean' | 'var' | 'max' | 'min' | 'argmax' | 'argmin'

/**
 * A {@link ReduceOp} over the middle of a dense `[outer, size, inner]` buffer; `correction` is that of `var`, and
 * unused by the others.
 */
export interface ReduceProblem {
  op: ReduceOp
  outer: number
  size: number
  inner: number
  correction: number
}

/**
 * `output[o, i] = op over s of input[o, s, i]`, with `mean = Σ / size` and `var = Σ (input − mean)² / max(0, size − correction)`.
 *
 * Over no elements the sum is 0 and mean and variance are NaN; the other reductions need `size ≥ 1`.
 */
export function reduce(problem: ReduceProblem, input: Floats, output: Floats | Int32Array): void {
  const { op, outer, size, inner, correction } = problem
  const values = new Float64Array(size)
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      for (let s = 0; s < size; s++) values[s] = input[(o * size + s) * inner + i]
      output[o * inner + i] = reduceValues(op, values, correction)
    }
  }
}

function reduceValues(op: ReduceOp, values: Float64Array, correction: number): number {
  switch (op) {
    case 'sum':
      return sum(values)
    case 'mean':
      return sum(values) / values.length
    case 'var': {
      const mean = sum(values) / values.length
      return sum(values.map((value) => (value - mean) ** 2)) / Math.max(0, values.length - correction)
    }
    case 'max':
      return values[winner(values, (value, best) => value > best)]
    case 'min':
      return values[winner(values, (value, best) => value < best)]
    case 'argmax':
      return winner(values, (value, best) => value > best)
    case 'argmin':
      return winner(values, (value, best) => value < best)
  }
}

function sum(values: Float64Array): number {
  let total = 0
  for (const value of values) total += value
  return total
}

/** Position of the first NaN or, without one, of the first value that no other beats. */
function winner(values: Float64Array, beats: (value: number, best: number) => boolean): number {
  let best = 0
  for (let s = 0; s < values.length; s++) {
    if (Number.isNaN(values[s])) return s
    if (beats(values[s], values[best])) best = s
  }
  return best
}
