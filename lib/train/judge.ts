import type { EpochRecord, Measures, Run } from './run.ts'

/** What a run's curves say about its model. */
export interface Judgement {
  /** `unknown` where there are too few epochs, or no validation data and no sign of underfitting. */
  kind: 'fits' | 'underfits' | 'overfits' | 'unknown'
  /** The first epoch that made the model worse on new data; null unless it overfits. */
  since: number | null
  /** The reason, as the end of a sentence that begins with "The model". */
  why: string
  /** Whether the training loss was still falling at the end. */
  improving: boolean
}

/** Epochs that show a direction. */
const LEAST_EPOCHS = 3

/** By how much the validation loss has to have risen over its minimum: less comes and goes with the order of the batches. */
const RISE = 1.05

/** Accuracy lost on new data that is called overfitting: more than the noise of a few hundred validation samples. */
const GAP = 0.05

/** Share of the loss before the first step, which is that of guessing, above which a model has not learned what was shown. */
const UNLEARNED = 0.4

/** Fall of the training loss in the last epoch that is worth another one. */
const FALL = 0.98

const accuracyOf = ({ metrics }: Measures): number | null =>
  typeof metrics.accuracy === 'number' ? metrics.accuracy : null

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** The epoch with the lowest validation loss, if it has risen since while the training loss went on falling. */
function risenSince(history: readonly EpochRecord[]): { since: number; why: string } | null {
  const losses = history.map(({ validation }) => validation?.loss ?? Number.NaN)
  const lowest = losses.reduce((best, loss, i) => (loss < losses[best] ? i : best), 0)
  const after = losses.slice(lowest + 1)
  const last = history.length - 1
  // One bad epoch is no trend: the last two count, on average.
  if (after.length < 2 || (losses[last] + losses[last - 1]) / 2 < RISE * losses[lowest]) return null
  const train = [history[lowest].train.loss, history[last].train.loss]
  if (train[1] >= train[0]) return null
  const why =
    `overfits since epoch ${lowest + 2}: the validation loss was ${losses[lowest].toFixed(4)} in epoch ${lowest + 1} and ` +
    `is ${losses[last].toFixed(4)}, while the training loss fell from ${train[0].toFixed(4)} to ${train[1].toFixed(4)}`
  return { since: lowest + 2, why }
}

/** Where the accuracy on new data fell behind for good. */
function behindSince(history: readonly EpochRecord[]): { since: number; why: string } | null {
  const gaps = history.map(({ train, validation }) => {
    const [own, other] = [accuracyOf(train), validation && accuracyOf(validation)]
    return own === null || other === null ? Number.NaN : own - other
  })
  const first = gaps.findLastIndex((gap) => !(gap > GAP)) + 1
  if (first >= gaps.length) return null
  const { train, validation } = history[gaps.length - 1]
  const [own, other] = [accuracyOf(train) as number, accuracyOf(validation as Measures) as number]
  const why = `overfits since epoch ${first + 1}: it ends with ${percent(own)} of the training data right, but ${percent(other)} of the validation data`
  return { since: first + 1, why }
}

/**
 * Reads the curves. A model **overfits** from the epoch behind the lowest validation loss on, when that loss has risen by 5 %
 * (mean of the last two epochs) while the training loss fell, or from the epoch on since which its accuracy on validation data
 * is 5 points behind. It **underfits** when its training loss ends above 0.4 of that of the first batch, which is what guessing costs.
 * Else it **fits**.
 */
export function judge({ history, steps }: Pick<Run, 'history' | 'steps'>): Judgement {
  const last = history.at(-1)
  const before = history.at(-2)
  if (last === undefined || before === undefined || history.length < LEAST_EPOCHS) {
    const why = `cannot be judged from ${history.length === 1 ? '1 epoch' : `${history.length} epochs`}; it takes ${LEAST_EPOCHS}`
    return { kind: 'unknown', since: null, why, improving: true }
  }
  const improving = last.train.loss < FALL * before.train.loss
  const over = last.validation === null ? null : (risenSince(history) ?? behindSince(history))
  if (over !== null) return { kind: 'overfits', ...over, improving }
  const share = last.train.loss / steps.loss[0]
  if (share > UNLEARNED) {
    const why = `underfits: its training loss ends at ${last.train.loss.toFixed(4)}, ${percent(share)} of what guessing costs`
    return { kind: 'underfits', since: null, why: why + (improving ? ', and is still falling' : ''), improving }
  }
  if (last.validation === null) {
    return {
      kind: 'unknown',
      since: null,
      why: 'has learned its training data; without validation data nobody knows more',
      improving,
    }
  }
  const losses = `training loss ${last.train.loss.toFixed(4)}, validation loss ${last.validation.loss.toFixed(4)}`
  return {
    kind: 'fits',
    since: null,
    why: `fits: ${losses}${improving ? '; the training loss is still falling' : ''}`,
    improving,
  }
}
