import type { Row } from '../row.ts'

/** Where a suite writes. */
export interface Print {
  /** A line, or several, of the result. */
  line(text: string): void
  /** What was just done, for those who wait. */
  progress(text: string): void
}

export interface SuiteResult {
  rows: Row[]
  /** What is missing, wrong, too slow or not yet there. */
  notes: string[]
}

/** Whether a case is chosen: all words of the filter occur in its words. */
export function matches(filter: string, words: readonly string[]): boolean {
  const text = words.join(' ')
  return filter.split(' ').every((word) => text.includes(word))
}
