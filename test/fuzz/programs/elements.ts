import fc from 'fast-check'
import type { DType } from '../../../lib/index.ts'
import type { Program } from '../program.ts'
import { calm, channels, int, leaf, looks, maybe, oneOf, options, shapeOf, single } from './draw.ts'

const ACTIVATIONS = [
  ...[
    'relu',
    'relu6',
    'sigmoid',
    'tanh',
    'silu',
    'mish',
    'hardswish',
    'hardsigmoid',
    'softsign',
    'selu',
    'gelu',
    'elu',
  ],
  ...[
    'celu',
    'leakyRelu',
    'softplus',
    'hardtanh',
    'abs',
    'exp',
    'neg',
    'square',
    '.relu_',
    '.sigmoid_',
    '.tanh_',
    '.sign',
  ],
  ...[
    '.abs',
    '.exp',
    '.neg',
    '.square',
    '.reciprocal',
    '.floor',
    '.relu',
    '.sigmoid',
    '.tanh',
    '.clone',
    '.exp_',
    '.neg_',
  ],
]

const OPTIONS: Readonly<Record<string, fc.Arbitrary<object>>> = {
  gelu: fc.record({ approximate: oneOf('none', 'tanh') }),
  elu: fc.record({ alpha: oneOf(1, 0.5, 2) }),
  celu: fc.record({ alpha: oneOf(1, 0.5, 2) }),
  leakyRelu: fc.record({ negativeSlope: oneOf(0.01, 0, 0.3) }),
  softplus: fc.record({ beta: oneOf(1, 2), threshold: oneOf(20, 0.5) }),
  hardtanh: fc.record({ minVal: oneOf(-1, -0.5), maxVal: oneOf(1, 0.5) }),
}

const activation: fc.Arbitrary<Program> = oneOf(...ACTIVATIONS).chain((op) =>
  fc
    .record({ shape: shapeOf(5), one: looks, settings: maybe(OPTIONS[op] ?? fc.constant(undefined)) })
    .map(({ shape, one, settings }) => {
      // What works in place may not work on a leaf that requires gradients.
      const inPlace = op.endsWith('_') ? { grad: false } : {}
      return single([leaf(shape, one, inPlace)], [op, '$0', ...(settings === undefined ? [] : [settings])])
    }),
)

/** Logarithms and roots, which want positive numbers. */
const positive: fc.Arbitrary<Program> = fc
  .record({ op: oneOf('log', 'sqrt', '.log', '.sqrt', '.reciprocal'), shape: shapeOf(4), one: looks })
  .map(({ op, shape, one }) => single([leaf(shape, one, { fill: 'positive' })], [op, '$0']))

const soft: fc.Arbitrary<Program> = fc
  .record({
    op: oneOf('softmax', 'logSoftmax', '.softmax', '.logSoftmax'),
    shape: shapeOf(4),
    dim: int(-4, 4),
    one: looks,
  })
  .map(({ op, shape, dim, one }) => single([leaf(shape, one)], [op, '$0', dim]))

const BINARY = ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum']
const COMPARE = ['.eq', '.ne', '.lt', '.le', '.gt', '.ge', '.equal', '.allclose']
export const dtype: fc.Arbitrary<DType> = oneOf<DType>(
  'float32',
  'float32',
  'float32',
  'float32',
  'int32',
  'uint8',
  'int64',
)

/** Shapes that broadcast to each other, nearly always. */
const pair = fc
  .record({
    shape: shapeOf(4),
    keep: fc.array(oneOf(true, true, false), { minLength: 4, maxLength: 4 }),
    drop: int(0, 2),
    swap: fc.boolean(),
  })
  .map(({ shape, keep, drop, swap }) => {
    const other = shape.map((size, i) => (keep[i] ? size : 1)).slice(drop)
    return swap ? [other, shape] : [shape, other]
  })

const binary: fc.Arbitrary<Program> = fc
  .record({
    ...{ op: oneOf(...BINARY, ...BINARY.flatMap((op) => [`.${op}`, `.${op}_`]), ...COMPARE), pair, a: looks, b: looks },
    ...{ types: fc.tuple(dtype, dtype), same: oneOf(true, true, true, false), scalar: maybe(oneOf(2, -1.5, 0, 3)) },
  })
  .map(({ op, pair: [left, right], a, b, types, same, scalar }) => {
    const inPlace = op.endsWith('_') ? { grad: false } : {}
    // Powers of negative numbers are NaN or depend on the last bit of the exponent.
    const base = op.includes('pow') || op.includes('div') ? { fill: 'positive' as const } : {}
    const leaves = [
      leaf(left, a, { dtype: types[0], ...inPlace, ...base }),
      leaf(right, b, { dtype: types[same ? 0 : 1], ...base }),
    ]
    return single(leaves, [op, '$0', scalar === undefined ? '$1' : scalar])
  })

const clamp: fc.Arbitrary<Program> = fc
  .record({
    op: oneOf('clamp', '.clamp', '.clamp_'),
    shape: shapeOf(4),
    one: looks,
    min: oneOf<unknown>(-0.5, 0, '#undefined'),
    max: oneOf<unknown>(0.5, 0, '#undefined'),
  })
  .map(({ op, shape, one, min, max }) =>
    single([leaf(shape, one, op.endsWith('_') ? { grad: false } : {})], [op, '$0', min, max]),
  )

const prelu: fc.Arbitrary<Program> = fc
  .record({
    front: int(1, 3),
    c: channels,
    rest: fc.array(int(1, 5), { maxLength: 3 }),
    one: looks,
    two: looks,
    many: fc.boolean(),
  })
  .map(({ front, c, rest, one, two, many }) =>
    single([leaf([front, c, ...rest], one), leaf([many ? c : 1], two)], ['prelu', '$0', '$1']),
  )

const dims = (most: number): fc.Arbitrary<unknown> =>
  fc.oneof(int(-most, most - 1), fc.array(int(-most, most - 1), { maxLength: 3 }), fc.constant('#undefined'))

const reduction: fc.Arbitrary<Program> = fc
  .record({
    ...{ op: oneOf('sum', 'mean', 'var', 'std'), shape: shapeOf(4, 0, 12), dim: dims(4), one: looks, types: dtype },
    ...{ keepdim: maybe(fc.boolean()), correction: maybe(oneOf(0, 1, 2)) },
  })
  .map(({ op, shape, dim, one, keepdim, correction, types }) => {
    const settings = options({ keepdim, correction: op === 'var' || op === 'std' ? correction : undefined })
    return single([leaf(shape, one, { dtype: types })], [`.${op}`, '$0', dim, settings])
  })

const extreme: fc.Arbitrary<Program> = fc
  .record({
    op: oneOf('.max', '.min', '.argmax', '.argmin'),
    shape: shapeOf(4, 0, 12),
    dim: fc.oneof(int(-4, 3), fc.constant('#undefined')),
    one: looks,
    types: dtype,
    keepdim: maybe(fc.boolean()),
  })
  .map(({ op, shape, dim, one, types, keepdim }) =>
    single([leaf(shape, one, { dtype: types })], [op, '$0', dim, ...(keepdim === undefined ? [] : [{ keepdim }])]),
  )

const optimizer: fc.Arbitrary<Program> = fc
  .record({
    shapes: fc.array(shapeOf(2, 0, 20), { minLength: 1, maxLength: 3 }),
    ...{
      several: fc.array(calm, { minLength: 6, maxLength: 6 }),
      lr: oneOf(0.1, 1e-3, 0),
      weightDecay: maybe(oneOf(0, 0.01)),
    },
    ...{ momentum: maybe(oneOf(0, 0.9)), flag: maybe(fc.boolean()), maximize: maybe(fc.boolean()) },
    name: oneOf('SGD', 'Adam', 'AdamW', 'RMSprop', 'Adagrad', 'clipGradNorm', 'clipGradValue'),
  })
  .map(({ shapes, several, lr, weightDecay, momentum, flag, maximize, name }) => {
    const leaves = [0, 1].flatMap((half) =>
      shapes.map((shape, i) => leaf(shape, several[half * 3 + i], { grad: false })),
    )
    const weights = shapes.map((_, i) => `$${i}`)
    const gradients = shapes.map((_, i) => `$${i + shapes.length}`)
    if (name.startsWith('clip')) return single(leaves, [`optim.${name}`, weights, gradients, lr])
    const common = { lr, weightDecay, maximize }
    const particular: Record<string, object> = {
      SGD: { momentum, nesterov: momentum ? flag : undefined },
      Adam: { amsgrad: flag },
      AdamW: { amsgrad: flag },
      RMSprop: { momentum, centered: flag },
      Adagrad: { lrDecay: momentum },
    }
    return single(leaves, [`optim.${name}`, weights, gradients, options({ ...common, ...particular[name] })])
  })

/** What goes element by element or row by row, and steps of optimizers. */
export const elements = { activation, positive, soft, binary, clamp, prelu, reduction, extreme, optimizer }
