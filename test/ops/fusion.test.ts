import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  functional as F,
  manualSeed,
  memory,
  nn,
  noGrad,
  ones,
  randint,
  randn,
  StateError,
  type Tensor,
  tensor,
  zeros,
} from '../../lib/index.ts'
import { batchNormThen } from '../../lib/ops/batch_norm.ts'
import { chooseFusion, withFusion } from '../../lib/ops/fusion.ts'
import { reluMaxPool } from '../../lib/ops/max_pool.ts'
import { addRelu } from '../../lib/ops/relu.ts'
import { throws } from '../util/throws.ts'

interface Setting {
  shape: number[]
  residual: boolean
  relu: boolean
  training: boolean
  affine: boolean
  channelsLast: boolean
}

/** Output, gradients and running statistics of one forward and backward, with numbers that only depend on the setting. */
function run({ shape, residual, relu, training, affine, channelsLast }: Setting): unknown[] {
  manualSeed(7)
  const c = shape[1]
  const image = (): Tensor => {
    const made = randn(shape)
    return (channelsLast && made.ndim > 2 ? made.contiguous({ memoryFormat: 'channelsLast' }) : made).requiresGrad_()
  }
  const leaves = [image(), ...(residual ? [image()] : [])]
  const parameters = affine ? [randn([c], { requiresGrad: true }), randn([c], { requiresGrad: true })] : []
  const [mean, variance] = [randn([c]), randn([c]).square()]
  const options = { weight: parameters[0], bias: parameters[1], training }
  const output = batchNormThen(leaves[0], mean, variance, options, { residual: leaves[1] ?? null, relu })
  output.backward(randn(shape))
  const grads = [...leaves, ...parameters].map((leaf) => leaf.grad as Tensor)
  return [output, mean, variance, ...grads].map((tensor) => tensor.toArray())
}

const settings = fc.record({
  shape: fc
    .tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 40 }), fc.nat(4), fc.nat(4))
    .map((sizes) => {
      const [n, c, ...spatial] = sizes
      return [n, c, ...spatial.filter((size) => size > 0)]
    }),
  residual: fc.boolean(),
  relu: fc.boolean(),
  training: fc.boolean(),
  affine: fc.boolean(),
  channelsLast: fc.boolean(),
})

describe('a fused batch normalization', () => {
  it('gives the bits of the single ops, forward and backward', () => {
    const same = fc.property(settings, (setting) => {
      const apart = withFusion(false, () => run(setting))
      expect(withFusion(true, () => run(setting))).toEqual(apart)
    })
    fc.assert(same, { numRuns: 60, seed: 4 })
  })

  it('is one node that keeps one bit an element instead of the output', () => {
    const x = randn([4, 16, 8, 8], { requiresGrad: true })
    const options = { training: true }
    const measure = (enabled: boolean): { name: string | undefined; bytes: number } =>
      withFusion(enabled, () => {
        const before = memory().live
        const output = batchNormThen(x, null, null, options, { residual: null, relu: true })
        const name = (output.gradNode as { name: string } | null)?.name
        const kept = memory().live - before
        output.sum().backward()
        return { name, bytes: kept }
      })
    measure(true)
    const [apart, fused] = [measure(false), measure(true)]
    expect([apart.name, fused.name]).toEqual(['relu', 'batchNorm'])
    // The output and its copy in the order of memory; mean and rstd, rounded up to whole blocks; the bits.
    expect(fused.bytes - apart.bytes).toBeLessThanOrEqual(4096 / 8 + 64)
  })

  it('leaves a gradient alone that somebody else holds', () => {
    const [x, skip] = [randn([3, 8, 2, 2], { requiresGrad: true }), randn([3, 8, 2, 2], { requiresGrad: true })]
    const output = batchNormThen(x, null, null, { training: true }, { residual: skip, relu: true })
    const seen: Tensor[] = []
    output.registerHook((grad) => void seen.push(grad))
    const gradient = randn([3, 8, 2, 2]).contiguous({ memoryFormat: 'channelsLast' })
    const values = gradient.toArray()
    output.backward(gradient)
    expect([gradient.toArray(), seen[0].toArray()]).toEqual([values, values])
  })

  it('adds what broadcasts, and refuses what does not, as the single ops do', () => {
    const x = randn([2, 3, 4])
    const add = (residual: Tensor): Tensor =>
      batchNormThen(x, null, null, { training: true }, { residual, relu: false })
    const expected = F.batchNorm(x, null, null, { training: true }).add(ones([3, 1]))
    expect(add(ones([3, 1])).toArray()).toEqual(expected.toArray())
    expect(() => add(ones([5]))).toThrow('add: expected sizes that agree or are 1 in dimension -1, got 4 and 5')
  })

  it('passes NaN on and lets its gradient pass', () => {
    const results = [true, false].map((enabled) =>
      withFusion(enabled, () => {
        const x = zeros([2, 3], { requiresGrad: true })
        const residual = ones([2, 3]).mul(Number.NaN).requiresGrad_()
        const output = batchNormThen(x, zeros([3]), ones([3]), {}, { residual, relu: true })
        output.backward(ones([2, 3]))
        return [output.toArray(), residual.grad?.toArray(), x.grad?.toArray()]
      }),
    )
    expect(results[0]).toEqual(results[1])
    expect(results[0][1]).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ])
  })

  it('keeps nothing where nothing is recorded', () => {
    const x = randn([4, 8, 5, 5]).contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_()
    const before = memory()
    const output = noGrad(() => batchNormThen(x, null, null, { training: true }, { residual: x, relu: true }))
    expect(memory().storages - before.storages).toBe(1)
    output.dispose()
    expect(memory().live).toBe(before.live)
  })
})

describe('a fused sum and ReLU', () => {
  it('gives the bits of the single ops, forward and backward', () => {
    const run = (shape: number[], other: number[], grads: boolean[]): unknown[] => {
      manualSeed(5)
      const [a, b] = [randn(shape), randn(other)]
      const image = b.ndim > 2 ? b.contiguous({ memoryFormat: 'channelsLast' }) : b
      a.requiresGrad_(grads[0])
      image.requiresGrad_(grads[1])
      const output = addRelu(a, image)
      if (output.requiresGrad) output.backward(randn(output.shape))
      return [output, a.grad, image.grad].map((tensor) => tensor?.toArray())
    }
    const shapes = [
      [
        [2, 3, 4, 5],
        [2, 3, 4, 5],
      ],
      [[3, 7], [7]],
      [
        [0, 2],
        [0, 2],
      ],
    ]
    for (const [shape, other] of shapes) {
      for (const grads of [
        [true, true],
        [true, false],
        [false, true],
        [false, false],
      ]) {
        const [apart, fused] = [false, true].map((enabled) => withFusion(enabled, () => run(shape, other, grads)))
        expect(fused).toEqual(apart)
      }
    }
  })

  it('is what a block with a normalization behind its activation runs', () => {
    const block = new nn.ResidualBlock(4, 4, { normOrder: 'afterActivation' })
    const run = (): unknown => noGrad(() => block.eval().forward(ones([1, 4, 3, 3]))).toArray()
    expect(withFusion(true, run)).toEqual(withFusion(false, run))
  })
})

describe('a fused ReLU and max pooling', () => {
  it('gives the bits of the single ops, forward and backward', () => {
    const pool = (rank: number, x: Tensor): unknown[] => {
      x.grad = null
      const output = reluMaxPool(rank, x, 3, { stride: 2, padding: 1 })
      output.backward(ones(output.shape).mul(3))
      return [output.toArray(), x.grad]
    }
    for (const shape of [
      [2, 3, 9],
      [3, 9],
      [2, 17, 6, 5],
      [2, 2, 5, 4, 3],
    ]) {
      // Few different numbers: windows of ties, and of nothing above 0.
      const x = randint(-3, 3, shape).to('float32')
      x.requiresGrad_()
      const rank = Math.max(1, shape.length - 2)
      const [apart, fused] = [false, true].map((enabled) => withFusion(enabled, () => pool(rank, x)))
      expect(fused[0]).toEqual(apart[0])
      expect((fused[1] as Tensor).toArray()).toEqual((apart[1] as Tensor).toArray())
    }
  })

  it('passes NaN on and lets its gradient pass', () => {
    const x = tensor([[-1, Number.NaN, -2, -3, 5, 0]], { requiresGrad: true })
    const output = reluMaxPool(1, x, 2, {})
    output.sum().backward()
    expect([output.toArray(), x.grad?.toArray()]).toEqual([[[Number.NaN, 0, 5]], [[0, 1, 0, 0, 1, 0]]])
  })
})

it('STRIDED_FUSE is 0 or 1', () => {
  expect([undefined, '', '0', '1'].map(chooseFusion)).toEqual([true, true, false, true])
  throws(() => chooseFusion('no'), StateError, 'STRIDED_FUSE: expected 0 or 1, got no')
})
