import { describe, expect, it } from 'vitest'
import { metrics, tensor } from '../../../lib/index.ts'
import { Tally } from '../../../lib/train/passes.ts'

const scores = tensor([
  [2, 1, 0],
  [0, 1, 2],
  [5, 1, 2],
  [0, 3, 1],
])
const target = tensor([0, 1, 2, 1], { dtype: 'int32' })
const all = () => [
  new metrics.Accuracy(),
  new metrics.TopKAccuracy({ k: 2 }),
  new metrics.ConfusionMatrix(),
  new metrics.F1Score(),
]

describe('merge', () => {
  it('makes one tally of those of several ranks', () => {
    const whole = new Tally(all())
    whole.reset()
    whole.add(0.5, 4, scores, target)
    const states = [0, 2].map((begin) => {
      const part = new Tally(all())
      part.reset()
      part.add(0.5, 2, scores.slice(0, begin, begin + 2), target.slice(0, begin, begin + 2))
      return part.stateDict()
    })
    const merged = new Tally(all())
    merged.mergeStates(states)
    expect(merged.compute()).toEqual(whole.compute())
    expect(merged.samples).toBe(4)
  })

  it('passes over ranks that saw no batch, and refuses other classes', () => {
    const [empty, seen] = [new metrics.ConfusionMatrix(), new metrics.ConfusionMatrix()]
    seen.update(scores, target)
    expect(seen.merge([empty.stateDict(), seen.stateDict(), seen.stateDict()]).counts).toEqual([
      2, 0, 0, 0, 2, 2, 2, 0, 0,
    ])
    expect(seen.merge([empty.stateDict()])).toEqual(empty.stateDict())
    expect(() => seen.merge([seen.stateDict(), new metrics.ConfusionMatrix({ classes: 2 }).stateDict()])).toThrow(
      'confusionMatrix: expected scores of 3 classes on every rank, got 2',
    )
  })
})
