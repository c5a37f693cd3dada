import { describe, expect, it } from 'vitest'
import { judge } from '../../lib/train/judge.ts'
import type { EpochRecord } from '../../lib/train/run.ts'

/** A history of losses, and accuracies where given. */
function history(train: number[], validation: number[] | null, accuracy?: [number[], number[]]) {
  const measures = (loss: number, value: number | undefined) => ({
    loss,
    metrics: value === undefined ? {} : { accuracy: value },
  })
  const records = train.map((loss, i) => ({
    epoch: i + 1,
    train: measures(loss, accuracy?.[0][i]),
    validation: validation === null ? null : measures(validation[i], accuracy?.[1][i]),
  }))
  return { history: records as EpochRecord[], steps: { loss: [2.3], lr: [], gradNorm: [] } }
}

describe('judge', () => {
  it('finds the epoch since which a model overfits', () => {
    const verdict = judge(history([1, 0.6, 0.4, 0.2, 0.1], [1.1, 0.8, 0.7, 0.75, 0.9]))
    expect(verdict).toMatchObject({ kind: 'overfits', since: 4, improving: true })
    expect(verdict.why).toBe(
      'overfits since epoch 4: the validation loss was 0.7000 in epoch 3 and is 0.9000, ' +
        'while the training loss fell from 0.4000 to 0.1000',
    )
    // A single bad epoch is none, and neither is noise.
    expect(judge(history([1, 0.6, 0.4, 0.35], [1.1, 0.8, 0.7, 0.9])).kind).toBe('fits')
    expect(judge(history([1, 0.6, 0.4, 0.35, 0.3], [1.1, 0.8, 0.7, 0.71, 0.72])).kind).toBe('fits')
    // Where the training loss rises too, something else is wrong.
    expect(judge(history([0.5, 0.4, 0.5, 0.6], [0.5, 0.4, 0.6, 0.7])).kind).toBe('fits')
  })

  it('sees an accuracy that falls behind', () => {
    const losses = [1, 0.5, 0.3, 0.2]
    const verdict = judge(
      history(losses, losses, [
        [0.6, 0.8, 0.92, 0.97],
        [0.62, 0.74, 0.88, 0.9],
      ]),
    )
    expect(verdict).toMatchObject({ kind: 'overfits', since: 4 })
    expect(verdict.why).toBe(
      'overfits since epoch 4: it ends with 97.0 % of the training data right, but 90.0 % of the validation data',
    )
    expect(
      judge(
        history(losses, losses, [
          [0.6, 0.8, 0.92, 0.97],
          [0.62, 0.74, 0.88, 0.93],
        ]),
      ).kind,
    ).toBe('fits')
  })

  it('finds a model that has not learned', () => {
    expect(judge(history([2.2, 2, 1.9], [2.2, 2, 1.9])).why).toBe(
      'underfits: its training loss ends at 1.9000, 82.6 % of what guessing costs, and is still falling',
    )
    expect(judge(history([2, 1.5, 1.5], null))).toMatchObject({ kind: 'underfits', improving: false })
  })

  it('says when it cannot know', () => {
    expect(judge(history([1], [1])).why).toBe('cannot be judged from 1 epoch; it takes 3')
    expect(judge(history([1, 0.5], [1, 0.5]))).toMatchObject({ kind: 'unknown', since: null })
    expect(judge(history([1, 0.5, 0.2], null))).toMatchObject({
      kind: 'unknown',
      why: 'has learned its training data; without validation data nobody knows more',
    })
    expect(judge(history([1, 0.5, 0.2], [1, 0.5, 0.3])).why).toBe(
      'fits: training loss 0.2000, validation loss 0.3000; the training loss is still falling',
    )
  })
})
