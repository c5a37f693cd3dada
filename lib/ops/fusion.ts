import { StateError } from '../util/errors.ts'

const state: { enabled: boolean | null } = { enabled: null }

/**
 * Whether sequences of ops may run as one kernel, as they may unless `STRIDED_FUSE=0`. Results are the same up to rounding.
 *
 * @throws {StateError} when the variable is neither 0 nor 1.
 */
export function fuses(): boolean {
  if (state.enabled === null) state.enabled = chooseFusion(process.env.STRIDED_FUSE)
  return state.enabled
}

/** What a value of `STRIDED_FUSE` asks for. */
export function chooseFusion(requested: string | undefined): boolean {
  if (requested === undefined || requested === '' || requested === '1') return true
  if (requested === '0') return false
  throw new StateError(`STRIDED_FUSE: expected 0 or 1, got ${requested}`)
}

/** Runs `fn` with or without fusion. */
export function withFusion<T>(enabled: boolean, fn: () => T): T {
  const before = fuses()
  state.enabled = enabled
  try {
    return fn()
  } finally {
    state.enabled = before
  }
}
