import type { Tensor } from '../../tensor/tensor.ts'
import { checkInteger, checkOptions } from '../../util/check.ts'
import { RangeError } from '../../util/errors.ts'
import { argmaxOf, type Metric, type MetricState, type MetricValue, rowsOf, sumStates } from './metric.ts'

/** The size of the table of right and given classes. */
export interface ConfusionOptions {
  /** Number of classes, at least 1; that of the first batch's scores by default. */
  classes?: number
}

/** Counts of answers by right class and given class, and what can be read from them. */
abstract class Confusion implements Metric {
  abstract readonly name: string
  /** `counts[right · classes + given]` */
  protected counts: number[] = []
  protected classes: number

  constructor(op: string, options: ConfusionOptions) {
    checkOptions(op, options, ['classes'])
    this.classes = options.classes === undefined ? 0 : checkInteger(op, 'classes', options.classes, 1)
    this.reset()
  }

  abstract compute(): MetricValue

  reset(): void {
    this.counts = new Array<number>(this.classes ** 2).fill(0)
  }

  /**
   * @param output scores `[N, C]`
   * @param target classes `[N]` or probabilities `[N, C]`
   * @throws {RangeError} for another number of classes than before, or a target that is none.
   */
  update(output: Tensor, target: Tensor): void {
    const { scores, targets, rows, classes } = rowsOf(this.constructor.name, output, target)
    if (this.classes === 0) {
      this.classes = classes
      this.reset()
    }
    if (classes !== this.classes) {
      throw new RangeError(`${this.constructor.name}: expected scores of ${this.classes} classes, got ${classes}`)
    }
    for (let row = 0; row < rows; row++) {
      if (targets[row] < 0 || targets[row] >= classes) {
        throw new RangeError(`${this.constructor.name}: expected classes below ${classes}, got ${targets[row]}`)
      }
      this.counts[targets[row] * classes + argmaxOf(scores, row * classes, classes)]++
    }
  }

  /** How many samples had the right class `right` and were given class `given`. */
  protected count(right: number, given: number): number {
    return this.counts[right * this.classes + given]
  }

  /** One number for each class from its hits and a total: the sum of its column, its row, or both. */
  protected perClass(totalOf: (row: number, column: number) => number): number[] {
    return Array.from({ length: this.classes }, (_, c) => {
      let row = 0
      let column = 0
      for (let other = 0; other < this.classes; other++) {
        row += this.count(c, other)
        column += this.count(other, c)
      }
      const total = totalOf(row, column)
      return total === 0 ? 0 : this.count(c, c) / total
    })
  }

  stateDict(): MetricState {
    return { classes: this.classes, counts: [...this.counts] }
  }

  loadStateDict({ classes, counts }: MetricState): void {
    this.classes = classes as number
    this.counts = [...(counts as number[])]
  }

  /** @throws {RangeError} when ranks have seen different numbers of classes. */
  merge(states: readonly MetricState[]): MetricState {
    // Without a batch the number of classes may still be open.
    const known = states.filter(({ classes }) => classes !== 0)
    if (known.length === 0) return states[0]
    const [{ classes }] = known
    const other = known.find((state) => state.classes !== classes)
    if (other !== undefined) {
      throw new RangeError(`${this.name}: expected scores of ${classes} classes on every rank, got ${other.classes}`)
    }
    return { ...sumStates(known), classes }
  }
}

/**
 * Table of answers: row `i`, column `j` counts the samples of class `i` that were taken for class `j`.
 *
 * ```ts
 * new metrics.ConfusionMatrix() // 'confusionMatrix' in the history
 * ```
 *
 * @throws {RangeError} when `classes` is no positive integer.
 */
export class ConfusionMatrix extends Confusion {
  readonly name = 'confusionMatrix'

  constructor(options: ConfusionOptions = {}) {
    super('ConfusionMatrix', options)
  }

  override compute(): number[][] {
    const { classes, counts } = this
    return Array.from({ length: classes }, (_, row) => counts.slice(row * classes, (row + 1) * classes))
  }
}

/**
 * For each class the share of right ones among the samples taken for it: `hits / taken`, 0 where none was.
 *
 * @throws {RangeError} when `classes` is no positive integer.
 */
export class Precision extends Confusion {
  readonly name = 'precision'

  constructor(options: ConfusionOptions = {}) {
    super('Precision', options)
  }

  override compute(): number[] {
    return this.perClass((_, column) => column)
  }
}

/**
 * For each class the share of its samples that were recognised: `hits / samples`, 0 where there was none.
 *
 * @throws {RangeError} when `classes` is no positive integer.
 */
export class Recall extends Confusion {
  readonly name = 'recall'

  constructor(options: ConfusionOptions = {}) {
    super('Recall', options)
  }

  override compute(): number[] {
    return this.perClass((row) => row)
  }
}

/**
 * For each class the harmonic mean of precision and recall: `2 · hits / (taken + samples)`.
 *
 * @throws {RangeError} when `classes` is no positive integer.
 */
export class F1Score extends Confusion {
  readonly name = 'f1'

  constructor(options: ConfusionOptions = {}) {
    super('F1Score', options)
  }

  override compute(): number[] {
    return this.perClass((row, column) => (row + column) / 2)
  }
}
