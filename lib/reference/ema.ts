import type { Floats } from './types.ts'

/** Tensors of which an exponential moving average is kept; see {@link emaStep}. */
export interface EmaProblem {
  /** Number of elements of each tensor. */
  sizes: readonly number[]
  decay: number
}

/**
 * One step of an exponential moving average over any number of tensors, in place:
 * `average ← average + (1 − decay) · (value − average)`.
 *
 * Every operation is rounded to float32 where the average is, in exactly this order, without fused multiply-add; so is the
 * factor `1 − decay`, once it is computed.
 */
export function emaStep({ decay }: EmaProblem, averages: readonly Floats[], values: readonly Floats[]): void {
  averages.forEach((average, t) => {
    const round = average instanceof Float32Array ? Math.fround : (value: number) => value
    const rest = round(1 - decay)
    for (let i = 0; i < average.length; i++) {
      average[i] = round(average[i] + round(rest * round(values[t][i] - average[i])))
    }
  })
}
