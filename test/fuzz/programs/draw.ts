import fc from 'fast-check'
import type { Fill, Leaf, Program, Step } from '../program.ts'

export const int = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })

/** One of the items; shrinks towards the first. */
export const oneOf = <T>(...items: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...items)

/** Usually few channels, sometimes numbers around the lanes of a register. */
export const channels: fc.Arbitrary<number> = fc.oneof(
  { weight: 5, arbitrary: int(1, 6) },
  { weight: 2, arbitrary: oneOf(8, 15, 16, 17) },
  { weight: 1, arbitrary: oneOf(32, 33, 40) },
)

/** Images in a batch; an empty batch now and then. */
export const batch: fc.Arbitrary<number> = fc.oneof(
  { weight: 9, arbitrary: int(1, 3) },
  { weight: 1, arbitrary: fc.constant(0) },
)

/** A shape of up to `most` dimensions; sizes of 0 and 1 among them. */
export const shapeOf = (most: number, least = 0, largest = 6): fc.Arbitrary<number[]> =>
  fc.array(fc.oneof({ weight: 12, arbitrary: int(1, largest) }, { weight: 1, arbitrary: oneOf(0, 17, 33) }), {
    minLength: least,
    maxLength: most,
  })

export const layout: fc.Arbitrary<Leaf['layout']> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: oneOf<Leaf['layout']>('transposed', 'channelsLast', 'stepped', 'offset') },
)

/** Mostly ordinary numbers; ties decide who wins a maximum, and wild ones must only do no harm. */
export const fill: fc.Arbitrary<Fill> = fc.oneof(
  { weight: 12, arbitrary: oneOf<Fill>('signed', 'positive') },
  { weight: 2, arbitrary: oneOf<Fill>('ties', 'unit') },
  { weight: 1, arbitrary: oneOf<Fill>('wild') },
)

/** What a leaf is beside its shape. */
export interface Looks {
  seed: number
  layout: Leaf['layout']
  grad: boolean
  fill: Fill
}

export const looks: fc.Arbitrary<Looks> = fc.record({ seed: fc.nat(999), layout, grad: fc.boolean(), fill })
/** The same without specials and ties, for what must be positive or smooth. */
export const calm: fc.Arbitrary<Looks> = fc.record({
  ...{ seed: fc.nat(999), layout, grad: fc.boolean() },
  fill: oneOf<Fill>('signed', 'positive'),
})

/** A leaf of a shape; what `extra` says goes first. */
export function leaf(shape: readonly number[], { seed, layout, grad, fill }: Looks, extra: Partial<Leaf> = {}): Leaf {
  const made: Leaf = { shape, seed, ...(layout && { layout }), ...(grad && { grad }), fill, ...extra }
  if (made.dtype !== undefined && made.dtype !== 'float32') delete made.grad
  return made
}

/** Integers below `limit`, as labels and indices are. */
export const labels = (shape: readonly number[], seed: number, limit: number): Leaf => ({
  ...{ shape, seed, dtype: seed % 3 === 0 ? 'int64' : 'int32', fill: Math.max(1, limit) },
})

/** A program of one call, differentiated. */
export const single = (leaves: readonly Leaf[], step: Step): Program => ({ leaves, steps: [step], backward: true })

/** The options that are there, by their names: those drawn as undefined are left out. */
export function options<T extends object>(all: T): Partial<T> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Partial<T>
}

/** A value, or none: then the default is in force. */
export const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 })

/** One number for all dimensions or one for each, of which the first `rank` are taken. */
export const axes = (min: number, max: number): fc.Arbitrary<number | number[]> =>
  fc.oneof(int(min, max), fc.array(int(min, max), { minLength: 3, maxLength: 3 }))

export const first = (sizes: number | number[] | undefined, rank: number): number | number[] | undefined =>
  Array.isArray(sizes) ? sizes.slice(0, rank) : sizes
