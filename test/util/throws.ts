import { expect } from 'vitest'
import type { StridedError } from '../../lib/index.ts'

/** Expects `fn` to throw an error of a class with exactly this message. */
export function throws(fn: () => unknown, type: new (message: string) => StridedError, message: string): void {
  let caught: unknown
  try {
    fn()
  } catch (error) {
    caught = error
  }
  expect(caught, 'an error was thrown').toBeInstanceOf(type)
  expect((caught as Error).message).toBe(message)
  expect((caught as StridedError).name).toBe(type.name)
}
