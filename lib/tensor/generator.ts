import { randomBytes } from 'node:crypto'
import { philoxWords } from '../reference/index.ts'
import { checkInteger } from '../util/check.ts'

/** Where a random op starts in the generator's stream. */
export interface GeneratorState {
  /** Which stream: what {@link manualSeed} was given. */
  seed: number
  /** Blocks of four 32-bit words that were taken from it. */
  offset: number
}

/** Words that one counter value yields. */
const WORDS_PER_BLOCK = 4

// 48 bits: a safe integer that still leaves the streams of different runs apart.
const state: GeneratorState = { seed: randomBytes(6).readUIntLE(0, 6), offset: 0 }

/**
 * Seeds the generator behind initialisation, dropout and random tensors; the same seed gives the same numbers, whatever
 * the number of threads. Without it every run starts from a random seed.
 *
 * @param seed a non-negative safe integer
 * @throws {RangeError} for any other value.
 */
export function manualSeed(seed: number): void {
  state.seed = checkInteger('manualSeed', 'seed', seed, 0)
  state.offset = 0
}

/** Reserves `words` 32-bit words of the stream and says where they start. */
export function takeWords(words: number): GeneratorState {
  const taken = { seed: state.seed, offset: state.offset }
  state.offset += Math.ceil(words / WORDS_PER_BLOCK)
  return taken
}

/** Draws a seed for another generator, such as a data loader's. */
export function nextSeed(): number {
  const { seed, offset } = takeWords(2)
  const [low, high] = philoxWords(2, seed, offset)
  return (high % 2 ** 21) * 2 ** 32 + low
}

/** The generator's state, to continue the same stream later. */
export function getGeneratorState(): GeneratorState {
  return { ...state }
}

/**
 * Puts the generator where {@link getGeneratorState} found it.
 *
 * @throws {RangeError} when a number is not a non-negative safe integer.
 */
export function setGeneratorState(saved: GeneratorState): void {
  const seed = checkInteger('setGeneratorState', 'seed', saved.seed, 0)
  const offset = checkInteger('setGeneratorState', 'offset', saved.offset, 0)
  state.seed = seed
  state.offset = offset
}
