import fc from 'fast-check'
import type { Program } from '../program.ts'
import { batch, calm, channels, int, labels, leaf, looks, maybe, oneOf, options, single } from './draw.ts'

const spatial = fc.array(int(1, 6), { maxLength: 3 })
const several = fc.array(calm, { minLength: 5, maxLength: 5 })
const eps = maybe(oneOf(1e-5, 1e-3, 0.1, 0))

const batchNorm: fc.Arbitrary<Program> = fc
  .record({ n: batch, c: channels, spatial, input: looks, several, affine: int(0, 3), training: maybe(fc.boolean()) })
  .chain((one) =>
    fc.record({
      one: fc.constant(one),
      eps,
      momentum: maybe(oneOf(0.1, 0, 1, 0.5)),
      statistics: oneOf(true, true, false),
    }),
  )
  .map(({ one: { n, c, spatial: sizes, input, several: more, affine, training }, eps: e, momentum, statistics }) => {
    const [weight, bias, mean, variance] = more
    const leaves = [
      ...[leaf([n, c, ...sizes], input), leaf([c], weight), leaf([c], bias)],
      ...[leaf([c], mean, { grad: false }), leaf([c], variance, { grad: false, fill: 'positive' })],
    ]
    const settings = {
      ...{ weight: affine & 1 ? '$1' : undefined, bias: affine & 2 ? '$2' : undefined },
      ...{ training, momentum, eps: e },
    }
    const running = statistics ? ['$3', '$4'] : [null, null]
    return single(leaves, ['batchNorm', '$0', ...running, options(settings)])
  })

const batchRenorm: fc.Arbitrary<Program> = fc
  .record({
    n: batch,
    c: channels,
    spatial,
    several,
    training: maybe(fc.boolean()),
    rMax: maybe(oneOf(1, 3)),
    dMax: maybe(oneOf(0, 5)),
  })
  .map(({ n, c, spatial: sizes, several: [input, weight, bias, mean, variance], training, rMax, dMax }) => {
    const leaves = [
      ...[leaf([n, c, ...sizes], input), leaf([c], weight), leaf([c], bias)],
      ...[leaf([c], mean, { grad: false }), leaf([c], variance, { grad: false, fill: 'positive' })],
    ]
    return single(leaves, [
      'batchRenorm',
      '$0',
      '$3',
      '$4',
      options({ weight: '$1', bias: '$2', training, rMax, dMax }),
    ])
  })

/** Group, instance and local response normalization, which take [N, C, ...]. */
const channelNorm: fc.Arbitrary<Program> = fc
  .record({ kind: oneOf('group', 'instance', 'local'), n: batch, groups: int(1, 5), per: int(1, 8), spatial })
  .chain((one) =>
    fc.record({ one: fc.constant(one), input: looks, several, affine: int(0, 3), eps, running: fc.boolean() }),
  )
  .map(({ one: { kind, n, groups, per, spatial: sizes }, input, several: more, affine, eps: e, running }) => {
    const c = groups * per
    const [weight, bias, mean, variance] = more
    const leaves = [
      ...[leaf([n, c, ...sizes], input), leaf([c], weight), leaf([c], bias)],
      ...[leaf([c], mean, { grad: false }), leaf([c], variance, { grad: false, fill: 'positive' })],
    ]
    const scale = { weight: affine & 1 ? '$1' : undefined, bias: affine & 2 ? '$2' : undefined, eps: e }
    if (kind === 'local')
      return single(leaves, ['localResponseNorm', '$0', groups, options({ k: running ? 2 : undefined })])
    if (kind === 'group') return single(leaves, ['groupNorm', '$0', groups, options(scale)])
    const statistics = running ? { runningMean: '$3', runningVar: '$4', useInputStats: per % 2 === 0 } : {}
    return single(leaves, ['instanceNorm', '$0', options({ ...scale, ...statistics })])
  })

const rowNorm: fc.Arbitrary<Program> = fc
  .record({
    op: oneOf('layerNorm', 'rmsNorm'),
    front: fc.array(int(0, 6), { maxLength: 3 }),
    inner: fc.array(channels, { minLength: 1, maxLength: 2 }),
  })
  .chain((one) => fc.record({ one: fc.constant(one), input: looks, several, affine: int(0, 3), eps }))
  .filter(({ one: { inner } }) => inner.reduce((a, b) => a * b, 1) < 500)
  .map(({ one: { op, front, inner }, input, several: [weight, bias], affine, eps: e }) => {
    const leaves = [leaf([...front, ...inner], input), leaf(inner, weight), leaf(inner, bias)]
    const settings = {
      ...{ weight: affine & 1 ? '$1' : undefined, eps: e },
      bias: affine & 2 && op === 'layerNorm' ? '$2' : undefined,
    }
    return single(leaves, [op, '$0', inner.length === 1 && front.length > 1 ? inner[0] : inner, options(settings)])
  })

const dropout: fc.Arbitrary<Program> = fc
  .record({
    op: oneOf('dropout', 'alphaDropout', 'dropout1d', 'dropout2d', 'dropout3d', 'featureAlphaDropout'),
    ...{ shape: fc.array(int(0, 7), { minLength: 1, maxLength: 5 }), looks },
    ...{ p: maybe(oneOf(0.5, 0.1, 0, 1, 0.9)), training: maybe(fc.boolean()) },
  })
  .map(({ op, shape, looks: one, p, training }) => single([leaf(shape, one)], [op, '$0', options({ p, training })]))

const reduction = maybe(oneOf('mean', 'sum', 'none'))

const classLoss: fc.Arbitrary<Program> = fc
  .record({
    ...{ op: oneOf('crossEntropy', 'nllLoss'), n: batch, c: channels, spatial: fc.array(int(1, 4), { maxLength: 2 }) },
    ...{ several, weighted: fc.boolean(), soft: fc.boolean(), reduction, ignoreIndex: maybe(oneOf(0, 1, -100)) },
    ...{ labelSmoothing: maybe(oneOf(0, 0.1, 1)), unbatched: oneOf(false, false, true) },
  })
  .map(({ op, n, c, spatial: sizes, several: [input, weight, target], weighted, soft, reduction: r, ...rest }) => {
    const shape = rest.unbatched ? [c] : [n, c, ...sizes]
    const classes = rest.unbatched ? [] : [n, ...sizes]
    const isSoft = soft && op === 'crossEntropy'
    const leaves = [
      leaf(shape, input),
      isSoft ? leaf(shape, target, { fill: 'unit' }) : labels(classes, target.seed, c),
      leaf([c], weight, { fill: 'positive', grad: false }),
    ]
    const settings = {
      ...{ weight: weighted ? '$2' : undefined, reduction: r, ignoreIndex: rest.ignoreIndex },
      labelSmoothing: op === 'crossEntropy' ? rest.labelSmoothing : undefined,
    }
    return single(leaves, [op, '$0', '$1', options(settings)])
  })

const pointLoss: fc.Arbitrary<Program> = fc
  .record({
    op: oneOf('mseLoss', 'l1Loss', 'smoothL1Loss', 'huberLoss', 'bceWithLogits', 'bce', 'klDiv'),
    ...{
      shape: fc.array(int(0, 6), { maxLength: 4 }),
      several,
      reduction,
      weighted: fc.boolean(),
      extra: oneOf(1, 0.3, 2),
    },
  })
  .map(({ op, shape, several: [input, target, weight, positive], reduction: r, weighted, extra }) => {
    const unit = op === 'bce' ? { fill: 'unit' as const } : {}
    const leaves = [
      leaf(shape, input, unit),
      leaf(shape, target, { grad: false, fill: 'unit' }),
      leaf(shape, weight, { grad: false, fill: 'positive' }),
      leaf(shape.slice(-1), positive, { grad: false, fill: 'positive' }),
    ]
    const particular: Record<string, object> = {
      smoothL1Loss: { beta: extra },
      huberLoss: { delta: extra },
      bce: { weight: weighted ? '$2' : undefined },
      bceWithLogits: { weight: weighted ? '$2' : undefined, posWeight: weighted ? undefined : '$3' },
      klDiv: { logTarget: weighted },
    }
    return single(leaves, [op, '$0', '$1', options({ reduction: r, ...particular[op] })])
  })

/** Normalization, dropout and losses. */
export const layers = { batchNorm, batchRenorm, channelNorm, rowNorm, dropout, classLoss, pointLoss }
