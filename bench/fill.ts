// Numbers that every process, in whatever language, can make for itself: element i of a buffer is a hash of i and of
// the buffer's seed. peers/fill.py and peers/protocol.h hold the same functions.

/** Seeds of the buffers by their part in a problem. */
export const SEED = {
  input: 1,
  weight: 2,
  bias: 3,
  gradOutput: 4,
  mean: 5,
  variance: 6,
  target: 7,
  residual: 8,
  param: 100,
}

/** 32 well-mixed bits of position `i` in the buffer of a seed. Source: Chris Wellons, "Prospecting for hash functions" (lowbias32). */
export function hash(i: number, seed: number): number {
  let h = (Math.imul(i, 0x9e3779b1) + Math.imul(seed, 0x85ebca6b)) | 0
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return (h ^ (h >>> 16)) >>> 0
}

/** Element `i`, in `[-1, 1)`: a multiple of 2⁻²³, so that float32 holds it exactly. */
export function uniformAt(i: number, seed: number): number {
  return (hash(i, seed) >>> 8) / 2 ** 23 - 1
}

/** The first `size` elements of a seed, in `[low, high)`. */
export function uniform(size: number, seed: number, low = -1, high = 1): Float32Array {
  const values = new Float32Array(size)
  const scale = (high - low) / 2
  for (let i = 0; i < size; i++) values[i] = low + (uniformAt(i, seed) + 1) * scale
  return values
}

/** The numbers of {@link uniform}, every other one scaled by 2⁻¹²⁷ to one that only a denormal float32 can hold. */
export function halfDenormal(size: number, seed: number): Float32Array {
  return uniform(size, seed).map((value, i) => (i % 2 === 0 ? value : value * 2 ** -127))
}

/** Whole numbers in `[0, limit)`. */
export function classes(size: number, seed: number, limit: number): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => hash(i, seed) % limit)
}

/** Positions at which results are compared: both ends and up to `count` others, without repetition, in order. */
export function samplePositions(size: number, count = 500): number[] {
  if (size <= count) return Array.from({ length: size }, (_, i) => i)
  const positions = new Set([0, size - 1])
  for (let i = 0; i < count; i++) positions.add(hash(i, 12345) % size)
  return [...positions].sort((a, b) => a - b)
}
