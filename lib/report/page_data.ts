import type { Run } from '../train/run.ts'

/** Points of a curve that a page draws: a chart has fewer pixels across, and finer ones only make the file larger. */
const MOST_POINTS = 3000

/** Numbers at optimizer steps, thinned: each point is the mean of `every` of them. */
export interface Curve {
  /** Steps, from 1; the last of each group. */
  step: number[]
  /** Null for what is not finite, or was not measured. */
  loss: (number | null)[]
  lr: (number | null)[]
  gradNorm: (number | null)[]
}

/** What a page is told: a run, with shorter curves. */
export interface PageData {
  run: Omit<Run, 'steps'>
  curve: Curve
}

const meanOf = (values: readonly number[], begin: number, end: number): number | null => {
  let sum = 0
  for (let i = begin; i < end; i++) sum += values[i]
  const mean = sum / (end - begin)
  return Number.isFinite(mean) ? mean : null
}

/** What a page shows of a run. */
export function pageData({ steps, ...run }: Run): PageData {
  const count = steps.loss.length
  const every = Math.max(1, Math.ceil(count / MOST_POINTS))
  const curve: Curve = { step: [], loss: [], lr: [], gradNorm: [] }
  // Norms that were not measured at every step cannot be placed.
  const norms = steps.gradNorm.length === count ? steps.gradNorm : null
  for (let begin = 0; begin < count; begin += every) {
    const end = Math.min(count, begin + every)
    curve.step.push(end)
    curve.loss.push(meanOf(steps.loss, begin, end))
    curve.lr.push(meanOf(steps.lr, begin, end))
    curve.gradNorm.push(norms === null ? null : meanOf(norms, begin, end))
  }
  return { run, curve }
}
