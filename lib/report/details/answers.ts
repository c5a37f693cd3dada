import { noGrad } from '../../autograd/grad_mode.ts'
import type { Module } from '../../nn/module.ts'
import { withEval } from '../../nn/with_eval.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { tidy } from '../../tensor/tidy.ts'
import type { AnswerData, MistakeData, PictureData } from '../../train/details.ts'
import { argmaxOf, type Rows, rowsOf } from '../../train/metrics/metric.ts'
import type { Batch, BatchSource } from '../../train/options.ts'
import { batchesOf, partsOf } from '../../train/passes.ts'
import { ShapeError } from '../../util/errors.ts'
import { type Moments, rangesOf } from '../viz/moments.ts'
import { rangeOf, toPicture, toPictureData } from '../viz/picture.ts'

/** Mistakes that are kept. */
const MOST_MISTAKES = 24

/** Sample `n` of inputs `[N, C, H, W]` with 1 or 3 channels as a picture; null for other inputs. */
export function pictureOf(input: Tensor, values: ArrayLike<number>, n: number, moments: Moments): PictureData | null {
  const [, channels, height, width] = input.shape
  if (input.ndim !== 4 || (channels !== 1 && channels !== 3)) return null
  const size = channels * height * width
  const own = [rangeOf(values, n * size, (n + 1) * size)]
  return toPictureData(toPicture(values, n * size, [channels, height, width], rangesOf(moments, channels) ?? own))
}

type Candidate = Omit<MistakeData, 'picture'> & { picture: () => PictureData | null }

/** Counts answers and keeps the worst. */
class Answers {
  readonly confusion: number[][]
  #mistakes: Candidate[] = []
  samples = 0

  constructor(classes: number) {
    this.confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  }

  add({ scores, targets, rows, classes }: Rows, pictureAt: (row: number) => PictureData | null): void {
    for (let row = 0; row < rows; row++) {
      const right = targets[row]
      const given = argmaxOf(scores, row * classes, classes)
      const index = this.samples++
      if (this.confusion[right] === undefined) continue
      this.confusion[right][given]++
      if (given === right) continue
      let total = 0
      for (let c = 0; c < classes; c++) total += Math.exp(scores[row * classes + c] - scores[row * classes + given])
      const gap = scores[row * classes + given] - scores[row * classes + right]
      const shares = { givenShare: 1 / total, rightShare: Math.exp(-gap) / total, loss: Math.log(total) + gap }
      this.#keep({ index, right, given, ...shares, picture: () => pictureAt(row) })
    }
    // Pictures now: the batch does not outlive this call.
    this.#mistakes = this.#mistakes.map((one) => {
      const picture = one.picture()
      return { ...one, picture: () => picture }
    })
  }

  #keep(candidate: Candidate): void {
    const at = this.#mistakes.findIndex(({ loss }) => loss < candidate.loss)
    this.#mistakes.splice(at === -1 ? this.#mistakes.length : at, 0, candidate)
    this.#mistakes.length = Math.min(this.#mistakes.length, MOST_MISTAKES)
  }

  get mistakes(): MistakeData[] {
    return this.#mistakes.map((one) => ({ ...one, picture: one.picture() }))
  }
}

/** Looks at the answers of a batch; false when the model gives no scores of classes. */
function lookAt(model: Module, batch: Batch, moments: Moments, answers: Answers | null): Answers | null {
  const { inputs, target } = partsOf('report', batch)
  const output = noGrad(() => model.forward(...(inputs as [Tensor])))
  let rows: Rows
  try {
    rows = rowsOf('report', output, target)
  } catch (error) {
    if (error instanceof ShapeError) return null
    throw error
  }
  const known = answers ?? new Answers(rows.classes)
  let values: ArrayLike<number> | null = null
  known.add(rows, (row) => {
    values ??= inputs[0].toTypedArray() as ArrayLike<number>
    return pictureOf(inputs[0], values, row, moments)
  })
  return known
}

/** The confusion matrix and the worst mistakes on at most `samples` samples; null where the model gives no scores of classes. */
export async function answersOf(
  model: Module,
  source: BatchSource,
  samples: number,
  moments: Moments,
  epoch: number,
): Promise<AnswerData | null> {
  let answers: Answers | null = null
  await withEval(model, async () => {
    for await (const batch of batchesOf(source)) {
      answers = tidy(() => lookAt(model, batch, moments, answers))
      if (answers === null || answers.samples >= samples) break
    }
  })
  if (answers === null) return null
  const { samples: looked, confusion, mistakes } = answers as Answers
  return { epoch, samples: looked, confusion, mistakes }
}
