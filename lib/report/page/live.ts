import type { Curve, PageData } from '../page_data.ts'

/** What a live page does with what it hears. */
export interface Listener {
  /** All that is known, at first and behind every epoch. */
  onRun(data: PageData): void
  /** Some steps more. */
  onSteps(data: PageData): void
  /** The server is gone, perhaps for a moment. */
  onLost(data: PageData): void
}

function append(curve: Curve, news: Curve): void {
  const last = curve.step.at(-1) ?? 0
  news.step.forEach((step, i) => {
    // What was told with the whole story is not told twice.
    if (step <= last) return
    curve.step.push(step)
    curve.loss.push(news.loss[i])
    curve.lr.push(news.lr[i])
    curve.gradNorm.push(news.gradNorm[i])
  })
}

/** Follows the run of the server that the page came from. */
export function follow({ onRun, onSteps, onLost }: Listener): void {
  let data: PageData | null = null
  const source = new EventSource('events')
  source.addEventListener('run', ({ data: text }) => {
    data = JSON.parse(text) as PageData
    onRun(data)
  })
  source.addEventListener('steps', ({ data: text }) => {
    if (data === null) return
    append(data.curve, JSON.parse(text) as Curve)
    onSteps(data)
  })
  source.addEventListener('end', () => source.close())
  source.addEventListener('error', () => {
    if (data !== null) onLost(data)
  })
}
