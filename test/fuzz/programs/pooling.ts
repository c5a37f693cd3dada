import fc from 'fast-check'
import type { Program } from '../program.ts'
import { axes, batch, channels, first, int, leaf, looks, maybe, oneOf, options, single } from './draw.ts'

const image = fc.record({
  ...{ rank: oneOf(2, 2, 1, 3), n: batch, c: channels, looks },
  sizes: fc.array(int(1, 9), { minLength: 3, maxLength: 3 }),
  unbatched: oneOf(false, false, false, true),
})

interface Image {
  rank: number
  n: number
  c: number
  sizes: number[]
  unbatched: boolean
}

const shapeOf = ({ rank, n, c, sizes, unbatched }: Image): number[] => [
  ...(unbatched ? [] : [n]),
  c,
  ...sizes.slice(0, rank).map((size) => (rank === 3 ? Math.min(size, 6) : size)),
]

const window = {
  kernel: axes(1, 4),
  stride: maybe(axes(1, 4)),
  padding: maybe(axes(0, 2)),
  ceilMode: maybe(fc.boolean()),
}

const max: fc.Arbitrary<Program> = fc
  .record({ image, ...window, dilation: maybe(axes(1, 3)), returnIndices: maybe(fc.boolean()) })
  .map(({ image: one, kernel, stride, padding, dilation, ceilMode, returnIndices }) => {
    const { rank } = one
    const settings = {
      ...{ stride: first(stride, rank), padding: first(padding, rank), dilation: first(dilation, rank) },
      ...{ ceilMode, returnIndices },
    }
    return single([leaf(shapeOf(one), one.looks)], [`maxPool${rank}d`, '$0', first(kernel, rank), options(settings)])
  })

const average: fc.Arbitrary<Program> = fc
  .record({ image, ...window, countIncludePad: maybe(fc.boolean()), divisorOverride: maybe(oneOf(1, 3, -2, 0)) })
  .map(({ image: one, kernel, stride, padding, ceilMode, countIncludePad, divisorOverride }) => {
    const { rank } = one
    const settings = {
      ...{ stride: first(stride, rank), padding: first(padding, rank), ceilMode, countIncludePad },
      divisorOverride: rank === 1 ? undefined : divisorOverride,
    }
    return single([leaf(shapeOf(one), one.looks)], [`avgPool${rank}d`, '$0', first(kernel, rank), options(settings)])
  })

const adaptive: fc.Arbitrary<Program> = fc
  .record({ image, kind: oneOf('Avg', 'Max'), size: axes(1, 9), returnIndices: maybe(fc.boolean()) })
  .map(({ image: one, kind, size, returnIndices }) =>
    single(
      [leaf(shapeOf(one), one.looks)],
      [
        `adaptive${kind}Pool${one.rank}d`,
        '$0',
        first(size, one.rank),
        ...(kind === 'Max' ? [options({ returnIndices })] : []),
      ],
    ),
  )

const whole: fc.Arbitrary<Program> = fc
  .record({ image, op: oneOf('globalAvgPool', 'globalMaxPool') })
  .map(({ image: one, op }) => single([leaf(shapeOf(one), one.looks)], [op, '$0']))

/** A max pooling with indices and its way back. */
const unpool: fc.Arbitrary<Program> = fc
  .record({ image, kernel: int(1, 4), stride: maybe(int(1, 4)), padding: maybe(int(0, 2)), named: fc.boolean() })
  .map(({ image: one, kernel, stride, padding, named }) => {
    const shape = shapeOf(one)
    const settings = options({ stride, padding })
    const outputSize = named ? shape.slice(-one.rank) : undefined
    return {
      leaves: [leaf(shape, one.looks)],
      steps: [
        [`maxPool${one.rank}d`, '$0', kernel, { ...settings, returnIndices: true }],
        [`maxUnpool${one.rank}d`, '$1.0', '$1.1', kernel, { ...settings, ...options({ outputSize }) }],
      ],
      backward: true,
    } satisfies Program
  })

/** Poolings of all kinds and dimensions. */
export const pooling = { max, average, adaptive, whole, unpool }
