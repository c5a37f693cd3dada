import type { Tensor } from '../../tensor/tensor.ts'
import { checkInteger, checkOptions } from '../../util/check.ts'
import { argmaxOf, type Metric, type MetricState, rowsOf, sumStates } from './metric.ts'

/** Share of rows, counted over all batches. */
abstract class Share implements Metric {
  abstract readonly name: string
  protected right = 0
  protected total = 0

  reset(): void {
    this.right = 0
    this.total = 0
  }

  abstract update(output: Tensor, target: Tensor): void

  compute(): number {
    return this.right / this.total
  }

  stateDict(): MetricState {
    return { right: this.right, total: this.total }
  }

  loadStateDict({ right, total }: MetricState): void {
    this.right = right as number
    this.total = total as number
  }

  merge(states: readonly MetricState[]): MetricState {
    return sumStates(states)
  }
}

/**
 * Share of samples whose largest score is that of their class: `right / total`. Of equal scores the first counts.
 *
 * ```ts
 * new metrics.Accuracy() // 'accuracy' in the history
 * ```
 */
export class Accuracy extends Share {
  readonly name = 'accuracy'

  /**
   * @param output scores `[N, C]`
   * @param target classes `[N]` or probabilities `[N, C]`
   * @throws {ShapeError} for any other shapes.
   */
  override update(output: Tensor, target: Tensor): void {
    const { scores, targets, rows, classes } = rowsOf('Accuracy', output, target)
    for (let row = 0; row < rows; row++) if (argmaxOf(scores, row * classes, classes) === targets[row]) this.right++
    this.total += rows
  }
}

/**
 * Share of samples whose class is among the `k` (5 by default) largest scores. A score equal to that of the right class
 * counts before it when its class comes first.
 *
 * ```ts
 * new metrics.TopKAccuracy({ k: 3 }) // 'top3' in the history
 * ```
 *
 * @throws {RangeError} when `k` is no positive integer.
 */
export class TopKAccuracy extends Share {
  readonly name: string
  readonly k: number

  constructor(options: { k?: number } = {}) {
    super()
    checkOptions('TopKAccuracy', options, ['k'])
    this.k = checkInteger('TopKAccuracy', 'k', options.k ?? 5, 1)
    this.name = `top${this.k}`
  }

  /** Takes a batch as {@link Accuracy} does. */
  override update(output: Tensor, target: Tensor): void {
    const { scores, targets, rows, classes } = rowsOf('TopKAccuracy', output, target)
    for (let row = 0; row < rows; row++) {
      const own = scores[row * classes + targets[row]]
      let before = 0
      for (let c = 0; c < classes; c++) {
        const score = scores[row * classes + c]
        // Not above the right one's, and not equal behind it; a NaN is above everything.
        if (!(score < own) && c !== targets[row] && !(score === own && c > targets[row])) before++
      }
      if (before < this.k && !Number.isNaN(own)) this.right++
    }
    this.total += rows
  }
}
