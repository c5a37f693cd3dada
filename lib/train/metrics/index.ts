// Measures of how well a classifier does, as `metrics` of the package.
import { checkChoice, describe } from '../../util/check.ts'
import { DTypeError, RangeError } from '../../util/errors.ts'
import { Accuracy, TopKAccuracy } from './accuracy.ts'
import { ConfusionMatrix, F1Score, Precision, Recall } from './confusion_matrix.ts'
import type { Metric } from './metric.ts'

export { Accuracy, TopKAccuracy } from './accuracy.ts'
export { ConfusionMatrix, type ConfusionOptions, F1Score, Precision, Recall } from './confusion_matrix.ts'
export type { Metric, MetricState, MetricValue } from './metric.ts'

/** Metrics that can be asked for by name, with their default options. */
const byName = {
  accuracy: () => new Accuracy(),
  top5: () => new TopKAccuracy(),
  confusionMatrix: () => new ConfusionMatrix(),
  precision: () => new Precision(),
  recall: () => new Recall(),
  f1: () => new F1Score(),
} as const satisfies Record<string, () => Metric>

/** Name of a metric of the library. */
export type MetricName = keyof typeof byName

/** Names of the library's metrics. */
export const metricNames = Object.keys(byName) as MetricName[]

/**
 * Makes metrics of names and objects.
 *
 * @throws {RangeError} for a name that is unknown or appears twice.
 */
export function resolveMetrics(op: string, given: readonly (MetricName | Metric)[]): Metric[] {
  const list = given.map((one): Metric => {
    if (typeof one === 'string') return byName[checkChoice(op, 'metrics', one, metricNames)]()
    if (typeof one?.update === 'function' && typeof one.compute === 'function') return one
    throw new DTypeError(`${op}: expected metrics by name or as objects, got ${describe(one)}`)
  })
  const names = list.map(({ name }) => name)
  const twice = names.find((name, i) => name === 'loss' || names.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new RangeError(`${op}: expected metrics of different names beside the loss, got ${describe(twice)} twice`)
  }
  return list
}
