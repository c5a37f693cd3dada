import fc from 'fast-check'
import type { Program, Step } from '../program.ts'
import { calm, int, leaf, looks, maybe, oneOf, options, shapeOf, single } from './draw.ts'
import { dtype } from './elements.ts'

const dim = int(-4, 4)
const at = fc.oneof(int(-7, 7), fc.constant('#undefined'))

/** Calls of one view or copy of the value `on`, for a shape of about four dimensions. */
const viewCall: fc.Arbitrary<(on: string) => Step> = fc.oneof(
  fc.array(int(-1, 12), { maxLength: 4 }).map(
    (shape) =>
      (on: string): Step => ['.reshape', on, shape],
  ),
  fc.array(int(-1, 12), { maxLength: 4 }).map(
    (shape) =>
      (on: string): Step => ['.view', on, shape],
  ),
  fc.tuple(dim, dim).map(
    ([a, b]) =>
      (on: string): Step => ['.flatten', on, a, b],
  ),
  fc.tuple(dim, dim).map(
    ([a, b]) =>
      (on: string): Step => ['.transpose', on, a, b],
  ),
  fc.shuffledSubarray([0, 1, 2, 3], { minLength: 1 }).map(
    (order) =>
      (on: string): Step => ['.permute', on, order],
  ),
  fc.constant((on: string): Step => ['.t', on]),
  dim.map(
    (d) =>
      (on: string): Step => ['.squeeze', on, d],
  ),
  fc.constant((on: string): Step => ['.squeeze', on]),
  dim.map(
    (d) =>
      (on: string): Step => ['.unsqueeze', on, d],
  ),
  fc.tuple(dim, fc.array(int(-1, 6), { minLength: 1, maxLength: 3 })).map(
    ([d, sizes]) =>
      (on: string): Step => ['.unflatten', on, d, sizes],
  ),
  fc.array(int(-1, 6), { maxLength: 5 }).map(
    (shape) =>
      (on: string): Step => ['.expand', on, shape],
  ),
  fc.tuple(dim, at, at, oneOf(1, 1, 2, 3)).map(
    (args) =>
      (on: string): Step => ['.slice', on, ...args],
  ),
  fc.tuple(dim, int(-3, 6), int(0, 6)).map(
    (args) =>
      (on: string): Step => ['.narrow', on, ...args],
  ),
  fc.tuple(dim, int(-6, 6)).map(
    (args) =>
      (on: string): Step => ['.select', on, ...args],
  ),
  fc.tuple(fc.oneof(int(1, 4), fc.array(int(0, 4), { maxLength: 3 })), dim).map(
    (args) =>
      (on: string): Step => ['.split', on, ...args],
  ),
  fc.tuple(int(1, 5), dim).map(
    (args) =>
      (on: string): Step => ['.chunk', on, ...args],
  ),
  fc.constant((on: string): Step => ['.contiguous', on]),
  fc.constant((on: string): Step => ['.contiguous', on, { memoryFormat: 'channelsLast' }]),
  dtype.map(
    (to) =>
      (on: string): Step => ['.to', on, to],
  ),
)

/** Views of views, then a copy and a sum of what came out. */
const chain: fc.Arbitrary<Program> = fc
  .record({ shape: shapeOf(4, 1), one: calm, calls: fc.array(viewCall, { minLength: 1, maxLength: 4 }), types: dtype })
  .map(({ shape, one, calls, types }) => ({
    leaves: [leaf(shape, one, { dtype: types })],
    steps: calls.map((call, i) => call(`$${i}`)),
    backward: true,
  }))

const cat: fc.Arbitrary<Program> = fc
  .record({
    ...{
      op: oneOf('cat', 'cat', 'stack'),
      shape: shapeOf(4, 1),
      d: int(-4, 3),
      sizes: fc.array(int(0, 5), { minLength: 1, maxLength: 3 }),
    },
    ...{ several: fc.array(looks, { minLength: 3, maxLength: 3 }), types: dtype },
  })
  .map(({ op, shape, d, sizes, several, types }) => {
    const along = ((d % shape.length) + shape.length) % shape.length
    const shapes = sizes.map((size) => (op === 'cat' ? shape.with(along, size) : shape))
    const leaves = shapes.map((one, i) => leaf(one, several[i], { dtype: types }))
    return single(leaves, [op, leaves.map((_, i) => `$${i}`), op === 'cat' ? along : d])
  })

const pad: fc.Arbitrary<Program> = fc
  .record({
    ...{ shape: shapeOf(5, 1), one: looks, types: dtype, pads: fc.array(int(-2, 4), { maxLength: 10 }) },
    ...{ mode: maybe(oneOf('constant', 'reflect', 'replicate', 'circular')), value: maybe(oneOf(0, 1.5, -3)) },
  })
  .map(({ shape, one, types, pads, mode, value }) => {
    const even = pads.slice(0, Math.min(pads.length - (pads.length % 2), 2 * shape.length))
    const constant = mode === undefined || mode === 'constant'
    return single(
      [leaf(shape, one, { dtype: types })],
      ['pad', '$0', even, options({ mode, value: constant ? value : undefined })],
    )
  })

const shuffle: fc.Arbitrary<Program> = fc
  .record({
    n: int(0, 3),
    groups: int(1, 5),
    per: int(1, 5),
    rest: fc.array(int(1, 4), { minLength: 1, maxLength: 3 }),
    one: looks,
  })
  .map(({ n, groups, per, rest, one }) =>
    single([leaf([n, groups * per, ...rest], one)], ['channelShuffle', '$0', groups]),
  )

const inPlace: fc.Arbitrary<Program> = fc
  .record({
    shape: shapeOf(4),
    one: looks,
    two: looks,
    types: fc.tuple(dtype, dtype),
    op: oneOf('.copy_', '.fill_', '.zero_'),
    value: oneOf(0, 7, -2),
  })
  .map(({ shape, one, two, types, op, value }) => {
    const leaves = [
      leaf(shape, one, { dtype: types[0], grad: false }),
      leaf(shape, two, { dtype: types[1], fill: 'positive' }),
    ]
    return single(leaves, op === '.zero_' ? [op, '$0'] : [op, '$0', op === '.copy_' ? '$1' : value])
  })

/** Tensors from nothing. */
const creation: fc.Arbitrary<Program> = fc
  .oneof(
    fc
      .record({ op: oneOf('zeros', 'ones', 'rand', 'randn'), shape: shapeOf(4) })
      .map(({ op, shape }): Step => [op, shape]),
    fc
      .tuple(shapeOf(3), oneOf(2, -1, 0), dtype)
      .map(([shape, value, type]): Step => ['full', shape, value, { dtype: type }]),
    fc
      .tuple(int(-9, 9), int(-9, 20), oneOf(1, 2, 0.5, -1, 3))
      .map(([from, to, step]): Step => ['arange', from, to, { step }]),
    fc.tuple(int(-9, 9), int(-9, 9), int(0, 40)).map((args): Step => ['linspace', ...args]),
    fc
      .tuple(int(0, 9), maybe(int(0, 9)))
      .map(([n, m]): Step => ['eye', n, ...(m === undefined ? [] : [{ columns: m }])]),
    fc.tuple(int(-5, 5), int(6, 99), shapeOf(3)).map((args): Step => ['randint', ...args]),
  )
  .map((step) => ({ leaves: [], steps: [step] }))

/** Views, copies and what makes tensors. */
export const views = { chain, cat, pad, shuffle, inPlace, creation }
