import { type Tensor, tensor, zeros } from '../../lib/index.ts'
import { integersBelow, uniform } from '../support/data.ts'
import type { Fill, Leaf } from './program.ts'

const SPECIALS = [
  0,
  -0,
  1,
  -1,
  3e38,
  -3e38,
  1e-40,
  1e-30,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
]

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)

/** The numbers of a leaf, in the order in which its elements lie in memory. */
function numbers(size: number, fill: Fill, seed: number): Float32Array | Int32Array {
  if (typeof fill === 'number') return integersBelow(fill, size, seed)
  if (fill === 'positive') return uniform(size, seed, 0.5, 2)
  if (fill === 'unit') return uniform(size, seed, 0, 1)
  if (fill === 'signed') return uniform(size, seed, -1, 1)
  const picks = integersBelow(fill === 'ties' ? 5 : SPECIALS.length, size, seed)
  return Float32Array.from(picks, (pick) => (fill === 'ties' ? pick - 2 : SPECIALS[pick]))
}

/**
 * Moves every number by a few units of its last place: what a result changes by is what its problem makes of rounding
 * errors, whoever computes it.
 */
function nudge(values: Float32Array, seed: number): void {
  const moves = uniform(values.length, seed, -1, 1)
  for (let i = 0; i < values.length; i++) values[i] *= 1 + moves[i] * 2 ** -21
}

/** The tensor that a leaf describes; `nudged` seeds small errors. */
export function makeLeaf({ shape, seed, dtype = 'float32', fill = 'signed', grad, layout }: Leaf, nudged = 0): Tensor {
  const values = numbers(sizeOf(shape), fill, seed)
  if (nudged > 0 && values instanceof Float32Array) nudge(values, nudged + seed)
  const data =
    dtype === 'float32' || typeof fill === 'number' ? values : Int32Array.from(values, (value) => Math.abs(value) * 100)
  const whole = tensor(data as Float32Array, { shape: [...shape], dtype })
  const placed = place(whole, layout)
  return grad ? placed.requiresGrad_() : placed
}

/** The same elements in another place or order of memory. */
function place(whole: Tensor, layout: Leaf['layout']): Tensor {
  const { shape, dtype } = whole
  const last = shape.length - 1
  if (last < 0 || layout === undefined) return whole
  switch (layout) {
    case 'transposed':
      return whole.transpose(0, last).contiguous().transpose(0, last)
    case 'channelsLast':
      return last < 2 ? whole : whole.contiguous({ memoryFormat: 'channelsLast' })
    case 'stepped':
      // Every other element of a row; an odd number of them lies behind the last one.
      return zeros([...shape.slice(0, last), shape[last] * 2 + 1], { dtype })
        .slice(last, 0, shape[last] * 2, 2)
        .copy_(whole)
    case 'offset':
      return zeros([shape[0] + 1, ...shape.slice(1)], { dtype })
        .slice(0, 1)
        .copy_(whole)
  }
}
