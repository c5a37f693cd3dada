import type { Figure } from './figure.ts'

/** How an example is to be run. */
export interface LessonOptions {
  /** Fewer images and steps, for a quick look; `false` by default. */
  short?: boolean
}

/** What an example hands back, besides its numbers: `npm run example` prints the sentence and writes the figure. */
export interface Lesson {
  /** What was shown, with its numbers. */
  sentence: string
  figure: Figure
}

/** `0.9712` as `97.1 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
