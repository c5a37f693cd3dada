import { describe, expect, it } from 'vitest'
import { metrics, type Tensor, tensor } from '../../../lib/index.ts'
import { resolveMetrics } from '../../../lib/train/metrics/index.ts'

// Rows 0 to 3 are taken for classes 0, 1, 1, 2; a tie goes to the first.
const scores = tensor([
  [3, 1, 2],
  [0, 5, 5],
  [-1, 0, -2],
  [0.1, 0.2, 0.3],
])
const target = tensor([0, 2, 1, 0], { dtype: 'int32' })

const valueOf = (metric: metrics.Metric, ...batches: [Tensor, Tensor][]) => {
  metric.reset()
  for (const [output, right] of batches) metric.update(output, right)
  return metric.compute()
}

describe('metrics', () => {
  it('count right answers', () => {
    expect(valueOf(new metrics.Accuracy(), [scores, target])).toBe(0.5)
    const labels = tensor([0n, 1n, 1n, 2n])
    expect(valueOf(new metrics.Accuracy(), [scores, target], [scores, labels])).toBe(0.75)
    const mixed = tensor([
      [0.2, 0.7, 0.1],
      [0, 0.5, 0.5],
      [0, 1, 0],
      [0, 0, 1],
    ])
    expect(valueOf(new metrics.Accuracy(), [scores, mixed])).toBe(0.75)
    expect(new metrics.Accuracy().compute()).toBeNaN()
    const nan = tensor([[1, Number.NaN, 3]])
    expect(valueOf(new metrics.Accuracy(), [nan, tensor([1], { dtype: 'int32' })])).toBe(1)
  })

  it('count answers among the k best', () => {
    const top = (k: number) => valueOf(new metrics.TopKAccuracy({ k }), [scores, target])
    expect([1, 2, 3].map(top)).toEqual([0.5, 0.75, 1])
    expect(new metrics.TopKAccuracy().name).toBe('top5')
    expect(new metrics.TopKAccuracy({ k: 2 }).name).toBe('top2')
    const nan = tensor([[Number.NaN, 2, 1]])
    expect(valueOf(new metrics.TopKAccuracy({ k: 1 }), [nan, tensor([1], { dtype: 'int32' })])).toBe(0)
  })

  it('tell the classes apart', () => {
    expect(valueOf(new metrics.ConfusionMatrix(), [scores, target])).toEqual([
      [1, 0, 1],
      [0, 1, 0],
      [0, 1, 0],
    ])
    expect(valueOf(new metrics.Precision(), [scores, target])).toEqual([1, 0.5, 0])
    expect(valueOf(new metrics.Recall(), [scores, target])).toEqual([0.5, 1, 0])
    expect(valueOf(new metrics.F1Score(), [scores, target])).toEqual([2 / 3, 2 / 3, 0])
  })

  it('continue from their state', () => {
    for (const name of metrics.metricNames) {
      const [first] = resolveMetrics('fit', [name])
      first.update(scores, target)
      const [second] = resolveMetrics('fit', [name])
      second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict())))
      first.update(scores, tensor([0, 1, 2, 1], { dtype: 'int32' }))
      second.update(scores, tensor([0, 1, 2, 1], { dtype: 'int32' }))
      expect(second.compute()).toEqual(first.compute())
      first.reset()
      first.update(scores, target)
      expect(first.stateDict()).not.toEqual(second.stateDict())
    }
  })

  it('refuse what they cannot measure', () => {
    expect(() => new metrics.Accuracy().update(scores, tensor([1, 2], { dtype: 'int32' }))).toThrow(
      'Accuracy: expected scores [N, C] and classes [N] or probabilities [N, C]; output [4, 3], target [2]',
    )
    expect(() => new metrics.Recall().update(scores, tensor([0, 1, 3, 0], { dtype: 'int32' }))).toThrow(
      'Recall: expected classes below 3, got 3',
    )
    expect(() => new metrics.Precision({ classes: 4 }).update(scores, target)).toThrow(
      'Precision: expected scores of 4 classes, got 3',
    )
    expect(() => new metrics.TopKAccuracy({ k: 0 })).toThrow(
      'TopKAccuracy: expected k to be an integer of at least 1, got 0',
    )
    expect(() => resolveMetrics('fit', ['speed' as 'accuracy'])).toThrow(
      'fit: expected metrics to be one of "accuracy", "top5", "confusionMatrix", "precision", "recall", "f1", got "speed"',
    )
    expect(() => resolveMetrics('fit', [{} as metrics.Metric])).toThrow(
      'fit: expected metrics by name or as objects, got an object of class Object',
    )
    expect(() => resolveMetrics('fit', ['accuracy', new metrics.Accuracy()])).toThrow(
      'fit: expected metrics of different names beside the loss, got "accuracy" twice',
    )
  })
})
