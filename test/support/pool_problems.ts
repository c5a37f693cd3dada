import fc from 'fast-check'

const window = fc.integer({ min: 1, max: 4 })
const letters = ['i', 'k', 's', 'p', 'd', 'o'] as const
type Letter = (typeof letters)[number]

/** One dimension of a pooling by its letters, with a window that fits. */
const axis = (longest: number, dilations: readonly number[], ceil: boolean): fc.Arbitrary<Record<Letter, number>> =>
  fc
    .record({ i: fc.integer({ min: 1, max: longest }), k: window, s: window, p: fc.nat(2) })
    .chain((sizes) => fc.constantFrom(...dilations).map((d) => ({ ...sizes, d })))
    .map((sizes) => {
      const { i, k, s, p, d } = sizes
      const whole = (i + 2 * p - d * (k - 1) - 1) / s
      const count = (ceil ? Math.ceil(whole) : Math.floor(whole)) + 1
      // The last window must start inside the input or its leading padding.
      return { ...sizes, o: (count - 1) * s >= i + p ? count - 1 : count }
    })
    .filter(({ o, p, k }) => o > 0 && 2 * p <= k)

type Named<Axis extends string> = Record<`${Letter}${Axis}`, number>

/** The sizes of an axis under their names in a problem. */
function named<Axis extends string>(name: Axis, sizes: Record<Letter, number>): Named<Axis> {
  return Object.fromEntries(letters.map((letter) => [letter + name, sizes[letter]])) as Named<Axis>
}

/** An axis of a single element, as images of fewer dimensions have it. */
const FLAT = { i: 1, k: 1, s: 1, p: 0, d: 1, o: 1 }

/** Fields of poolings by windows over one, two or three dimensions; dilations are 1 unless some are given. */
export const poolFields = (dilations: readonly number[]) =>
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean()).chain(([rank, ceil]) => {
    const one = (least: number, longest: number) => (rank >= least ? axis(longest, dilations, ceil) : fc.constant(FLAT))
    return fc
      .record({ n: fc.integer({ min: 1, max: 3 }), c: fc.integer({ min: 1, max: 40 }) })
      .chain((rest) =>
        fc
          .tuple(one(3, 5), one(2, rank === 3 ? 6 : 11), one(1, rank === 3 ? 6 : 11))
          .map(([d, h, w]) => ({ ...rest, ceil, ...named('d', d), ...named('h', h), ...named('w', w) })),
      )
  })

/** {@link poolFields} with the dilations that max pooling has. */
export const windowFields = poolFields([1, 1, 2, 3])

/** Fields of problems between two sizes over one, two or three dimensions. */
export const resizeFields = fc.integer({ min: 1, max: 3 }).chain((rank) => {
  const side = (least: number) => (rank >= least ? fc.integer({ min: 1, max: rank === 3 ? 5 : 11 }) : fc.constant(1))
  const sides = { id: side(3), ih: side(2), iw: side(1), od: side(3), oh: side(2), ow: side(1) }
  return fc.record({ n: fc.integer({ min: 1, max: 3 }), c: fc.integer({ min: 1, max: 40 }), ...sides })
})
