import fc from 'fast-check'
import type { Leaf, Program } from '../program.ts'
import { axes, batch, channels, first, int, labels, leaf, looks, maybe, oneOf, options, single } from './draw.ts'

/** Above this the reference would take too long. */
const MOST_PRODUCTS = 400_000

const sizes = fc.array(int(1, 9), { minLength: 3, maxLength: 3 })
const windows = fc.array(int(1, 4), { minLength: 3, maxLength: 3 })

/** A window of Winograd's kind half of the time. */
const kernel: fc.Arbitrary<number[]> = fc.oneof(windows, fc.constant<number[]>([3, 3, 3]))

const common = fc.record({
  rank: oneOf(2, 2, 1, 3),
  n: batch,
  groups: oneOf(1, 1, 1, 2, 3, 8, 17),
  icg: channels,
  ocg: channels,
  sizes,
  kernel,
  looks: fc.array(looks, { minLength: 3, maxLength: 3 }),
  bias: fc.boolean(),
  unbatched: oneOf(false, false, false, true),
})

const work = (
  one: { n: number; groups: number; icg: number; ocg: number; sizes: number[]; kernel: number[] },
  rank: number,
) =>
  [...one.sizes.slice(0, rank).map((size) => size + 3), ...one.kernel.slice(0, rank)].reduce(
    (product, size) => product * size,
    one.n * one.groups * one.icg * one.ocg,
  )

const convolution: fc.Arbitrary<Program> = fc
  .record({
    one: common,
    stride: maybe(axes(1, 3)),
    padding: maybe(fc.oneof(axes(0, 3), oneOf('same' as const, 'valid' as const))),
    dilation: maybe(axes(1, 3)),
    paddingMode: maybe(oneOf('zeros', 'zeros', 'reflect', 'replicate', 'circular')),
  })
  .filter(({ one }) => work(one, one.rank) < MOST_PRODUCTS)
  .map(({ one, stride, padding, dilation, paddingMode }) => {
    const { rank, n, groups, icg, ocg } = one
    const image = [groups * icg, ...one.sizes.slice(0, rank)]
    const leaves = [
      leaf(one.unbatched ? image : [n, ...image], one.looks[0]),
      leaf([groups * ocg, icg, ...one.kernel.slice(0, rank)], one.looks[1]),
      leaf([groups * ocg], one.looks[2]),
    ]
    const settings = {
      ...{ stride: first(stride, rank), dilation: first(dilation, rank), paddingMode },
      padding: typeof padding === 'string' ? padding : first(padding, rank),
      groups: groups === 1 ? undefined : groups,
    }
    return single(leaves, [`conv${rank}d`, '$0', '$1', one.bias ? '$2' : null, options(settings)])
  })

const transposed: fc.Arbitrary<Program> = fc
  .record({
    one: common,
    stride: maybe(axes(1, 3)),
    padding: maybe(axes(0, 3)),
    outputPadding: maybe(axes(0, 2)),
    dilation: maybe(axes(1, 3)),
  })
  .filter(({ one }) => work(one, one.rank) < MOST_PRODUCTS)
  .map(({ one, stride, padding, outputPadding, dilation }) => {
    const { rank, n, groups, icg, ocg } = one
    const image = [groups * icg, ...one.sizes.slice(0, rank)]
    const leaves = [
      leaf(one.unbatched ? image : [n, ...image], one.looks[0]),
      leaf([groups * icg, ocg, ...one.kernel.slice(0, rank)], one.looks[1]),
      leaf([groups * ocg], one.looks[2]),
    ]
    const settings = {
      ...{ stride: first(stride, rank), padding: first(padding, rank), dilation: first(dilation, rank) },
      ...{ outputPadding: first(outputPadding, rank), groups: groups === 1 ? undefined : groups },
    }
    return single(leaves, [`convTranspose${rank}d`, '$0', '$1', one.bias ? '$2' : null, options(settings)])
  })

const locallyConnected: fc.Arbitrary<Program> = fc
  .record({
    ...{ n: batch, ic: int(1, 4), oc: int(1, 4), ih: int(1, 7), iw: int(1, 7), kh: int(1, 3), kw: int(1, 3) },
    ...{ stride: int(1, 2), padding: int(0, 2), dilation: int(1, 2), bias: fc.boolean() },
    looks: fc.array(looks, { minLength: 3, maxLength: 3 }),
  })
  .map(({ n, ic, oc, ih, iw, kh, kw, stride, padding, dilation, bias, looks: [a, b, c] }) => {
    const outputs = (size: number, window: number) =>
      Math.max(1, Math.floor((size + 2 * padding - dilation * (window - 1) - 1) / stride) + 1)
    const [oh, ow] = [outputs(ih, kh), outputs(iw, kw)]
    const leaves = [leaf([n, ic, ih, iw], a), leaf([oc, oh, ow, ic, kh, kw], b), leaf([oc, oh, ow], c)]
    return single(leaves, ['locallyConnected2d', '$0', '$1', bias ? '$2' : null, { stride, padding, dilation }])
  })

const linear: fc.Arbitrary<Program> = fc
  .record({ front: fc.array(int(0, 6), { maxLength: 3 }), ic: channels, oc: channels, bias: fc.boolean() })
  .chain((one) => fc.array(looks, { minLength: 3, maxLength: 3 }).map((three) => ({ ...one, three })))
  .map(({ front, ic, oc, bias, three: [a, b, c] }) =>
    single(
      [leaf([...front, ic], a), leaf([oc, ic], b), leaf([oc], c)],
      bias ? ['linear', '$0', '$1', '$2'] : ['linear', '$0', '$1'],
    ),
  )

/** Batches that broadcast against each other. */
const matmul: fc.Arbitrary<Program> = fc
  .record({
    ...{ op: oneOf('matmul', '.matmul', 'mm', 'bmm'), batches: fc.array(int(1, 3), { maxLength: 2 }) },
    ...{
      m: channels,
      k: channels,
      n: channels,
      drop: oneOf<[boolean, boolean]>([false, false], [true, false], [false, true]),
    },
    ...{ ones: fc.boolean(), first: looks, second: looks },
  })
  .map(({ op, batches, m, k, n, drop, ones, first: a, second: b }) => {
    const front = op === 'mm' ? [] : op === 'bmm' ? [2] : batches
    const other = ones ? front.map(() => 1) : front
    const isVector = (i: 0 | 1) => drop[i] && op.endsWith('matmul')
    const leaves: Leaf[] = [
      leaf(isVector(0) ? [k] : [...front, m, k], a),
      leaf(isVector(1) ? [k] : [...(op === 'bmm' ? front : other), k, n], b),
    ]
    return single(leaves, [op, '$0', '$1'])
  })

const indexed: fc.Arbitrary<Program> = fc
  .record({ shape: fc.array(int(1, 6), { minLength: 1, maxLength: 4 }), dim: int(-4, 3), count: int(0, 9), looks })
  .map(({ shape, dim, count, looks: one }) => {
    const at = ((dim % shape.length) + shape.length) % shape.length
    return single([leaf(shape, one), labels([count], one.seed, shape[at])], ['.indexSelect', '$0', at, '$1'])
  })

/** Convolutions, linear layers and matrix products. */
export const products = { convolution, transposed, locallyConnected, linear, matmul, indexed }
