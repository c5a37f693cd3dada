import { describe, expect, it } from 'vitest'
import {
  functional as F,
  manualSeed,
  nn,
  ones,
  RangeError,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const survivors = (values: ArrayLike<number>) => Array.from(values).filter((value) => value !== 0).length

describe('dropout', () => {
  it('drops a share of the elements and scales the rest', () => {
    manualSeed(1)
    const output = F.dropout(ones([10000]), { p: 0.25 }).toTypedArray() as Float32Array
    expect(survivors(output) / 10000).toBeCloseTo(0.75, 1)
    expect(new Set(output)).toEqual(new Set([0, Math.fround(4 / 3)]))
  })
  it('is repeated by the seed and differs between calls', () => {
    const draw = () => F.dropout(ones([64])).toArray()
    manualSeed(5)
    const first = draw()
    const second = draw()
    expect(second).not.toEqual(first)
    manualSeed(5)
    expect([draw(), draw()]).toEqual([first, second])
  })
  it('passes gradients where elements survived, in any order in memory', () => {
    manualSeed(2)
    for (const x of [randn([4, 6], { requiresGrad: true }), randn([6, 4]).t().requiresGrad_()]) {
      const output = F.dropout(x, { p: 0.5 })
      output.sum().backward()
      expect(x.grad?.toArray()).toEqual(output.ne(0).to('float32').mul(2).toArray())
    }
  })
  it('returns its input outside training and for p = 0', () => {
    const x = ones([3])
    expect([F.dropout(x, { training: false }) === x, F.dropout(x, { p: 0 }) === x]).toEqual([true, true])
  })
  it('drops everything for p = 1', () => {
    const x = ones([3], { requiresGrad: true })
    const output = F.dropout(x, { p: 1 })
    output.sum().backward()
    expect([output.toArray(), x.grad?.toArray()]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ])
  })
  it('refuses what is no probability', () => {
    throws(() => F.dropout(ones([1]), { p: 1.5 }), RangeError, 'dropout: expected p to lie between 0 and 1, got 1.5')
    throws(
      () => F.dropout2d(ones([1, 1, 1]), { p: Number.NaN }),
      RangeError,
      'dropout2d: expected p to lie between 0 and 1, got NaN',
    )
  })
})

describe('dropout2d', () => {
  it('drops whole channels', () => {
    manualSeed(3)
    const planes = F.dropout2d(ones([8, 8, 3, 3]), { p: 0.5 })
      .sum([2, 3])
      .toTypedArray() as Float32Array
    expect(new Set(planes)).toEqual(new Set([0, 18]))
    expect(survivors(planes) / 64).toBeCloseTo(0.5, 0)
  })
  it('passes gradients to surviving channels', () => {
    manualSeed(4)
    const x = ones([4, 4, 2], { requiresGrad: true })
    const output = F.dropout2d(x)
    output.sum().backward()
    expect(x.grad?.toArray()).toEqual(output.toArray())
  })
  it('of everything is 0 and of nothing is nothing', () => {
    expect(
      F.dropout2d(ones([1, 2, 2]), { p: 1 })
        .sum()
        .item(),
    ).toBe(0)
    expect(F.dropout2d(zeros([0, 2, 2, 2])).shape).toEqual([0, 2, 2, 2])
  })
  it('refuses other numbers of dimensions', () => {
    throws(
      () => F.dropout2d(zeros([2, 3])),
      ShapeError,
      'dropout2d: expected input of 3 or 4 dimensions [N, C, ...], got 2; input [2, 3]',
    )
  })
})

describe.each([
  ['dropout1d', F.dropout1d, [8, 16, 5], [16, 5], [16]],
  ['dropout3d', F.dropout3d, [4, 16, 2, 3, 2], [16, 2, 3, 2], [16, 2, 3]],
] as const)('%s', (op, run, batched, single, wrong) => {
  it('drops whole channels, of a batch and of one alone', () => {
    manualSeed(6)
    for (const shape of [batched, single]) {
      const channels = shape.slice(0, shape.length === batched.length ? 2 : 1)
      const volume = ones(shape.slice(channels.length)).size
      const x = ones(shape, { requiresGrad: true })
      const output = run(x, { p: 0.25 })
      const sums = output
        .reshape([...channels, volume])
        .sum(-1)
        .toTypedArray() as Float32Array
      const whole = Math.fround((volume * 4) / 3)
      expect([...new Set(sums)].sort()).toEqual([0, expect.closeTo(whole, 4)])
      expect(output.shape).toEqual(shape)
      output.sum().backward()
      expect(x.grad?.equal(output)).toBe(true)
      expect(run(x, { training: false }) === x).toBe(true)
    }
  })
  it('refuses other numbers of dimensions', () => {
    const shapes = op === 'dropout1d' ? '[C, L] or [N, C, L]' : '[C, D, H, W] or [N, C, D, H, W]'
    throws(
      () => run(zeros(wrong)),
      ShapeError,
      `${op}: expected input of ${single.length} or ${batched.length} dimensions ${shapes}, got ${wrong.length}; ` +
        `input [${wrong.join(', ')}]`,
    )
  })
})

describe.each([
  ['alphaDropout', F.alphaDropout],
  ['featureAlphaDropout', F.featureAlphaDropout],
] as const)('%s', (op, run) => {
  it('keeps mean 0 and variance 1', () => {
    manualSeed(7)
    for (const p of [0.1, 0.4]) {
      const output = run(randn([400, 200]), { p })
      expect(Math.abs(Number(output.mean().item()))).toBeLessThan(0.02)
      expect(Math.abs(Number(output.var().item()) - 1)).toBeLessThan(0.03)
    }
  })
  it('follows the formula, gradient included', () => {
    manualSeed(8)
    const p = 0.3
    const alpha = 1.7580993408473766
    const a = 1 / Math.sqrt((alpha ** 2 * p + 1) * (1 - p))
    const x = randn([64, 4, 3], { requiresGrad: true })
    const output = run(x, { p })
    output.sum().backward()
    const floor = -alpha * a * (1 - p)
    const [from, to, grad] = [x, output, x.grad as Tensor].map((item) => item.toTypedArray() as Float32Array)
    const dropped = to.map((value) => (Math.abs(value - floor) < 1e-6 ? 1 : 0))
    const share = dropped.reduce((sum, value) => sum + value, 0) / to.length
    expect(Math.abs(share - p)).toBeLessThan(0.1)
    to.forEach((value, i) => {
      expect(value).toBeCloseTo(dropped[i] === 1 ? floor : a * from[i] + alpha * a * p, 5)
      expect(grad[i]).toBeCloseTo(dropped[i] === 1 ? 0 : a, 5)
    })
    if (op === 'featureAlphaDropout') {
      const perChannel = tensor(dropped, { shape: [256, 3] })
        .sum(1)
        .toTypedArray() as Float32Array
      expect([...new Set(perChannel)].sort()).toEqual([0, 3])
    }
  })
  it('is the identity outside training, and 0 for p = 1', () => {
    const x = ones([2, 3])
    expect([run(x, { training: false }) === x, run(x, { p: 0 }) === x]).toEqual([true, true])
    expect(run(x, { p: 1 }).sum().item()).toBe(0)
  })
})

it('featureAlphaDropout refuses what has no channels', () => {
  throws(
    () => F.featureAlphaDropout(zeros([3])),
    ShapeError,
    'featureAlphaDropout: expected input [N, C, ...], got 1 dimensions; input [3]',
  )
})

describe('layers', () => {
  it.each([
    [nn.Dropout, F.dropout],
    [nn.Dropout1d, F.dropout1d],
    [nn.Dropout2d, F.dropout2d],
    [nn.Dropout3d, F.dropout3d],
    [nn.AlphaDropout, F.alphaDropout],
    [nn.FeatureAlphaDropout, F.featureAlphaDropout],
  ] as const)('compute their functions in training alone: %o', (Layer, run) => {
    const x = ones(Layer === nn.Dropout3d ? [2, 3, 2, 2, 2] : [2, 3, 4])
    const layer = new Layer({ p: 0.25 })
    expect(layer.toString()).toBe(`${Layer.name}(p=0.25, inplace=False)`)
    manualSeed(9)
    const want = run(x, { p: 0.25 })
    manualSeed(9)
    expect(layer.forward(x).equal(want)).toBe(true)
    layer.eval()
    expect(layer.forward(x) === x).toBe(true)
    throws(() => new Layer({ p: 2 }), RangeError, `${Layer.name}: expected p to lie between 0 and 1, got 2`)
    throws(() => new Layer({ q: 2 } as never), RangeError, `${Layer.name}: expected options p, got "q"`)
  })
})
