import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  functional as F,
  memory,
  ones,
  RangeError,
  randn,
  ShapeError,
  type Tensor,
  zeros,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (shape: number[]) => randn(shape, { requiresGrad: true })

/** Layer normalization over the last `dims` dimensions by its definition. */
function byDefinition(input: Tensor, dims: number): Tensor {
  const axes = [...input.shape.keys()].slice(input.ndim - dims)
  const centred = input.sub(input.mean(axes, { keepdim: true }))
  return centred.div(centred.square().mean(axes, { keepdim: true }).add(1e-5).sqrt())
}

describe('layerNorm', () => {
  it('follows its definition for any shape and order in memory', () => {
    const shapes = fc.record({
      shape: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 5 }),
      dims: fc.integer({ min: 1, max: 5 }),
      channelsLast: fc.boolean(),
    })
    const property = fc.property(shapes, ({ shape, dims, channelsLast }) => {
      fc.pre(dims <= shape.length)
      const plain = randn(shape)
      const input = channelsLast && shape.length > 2 ? plain.contiguous({ memoryFormat: 'channelsLast' }) : plain
      const normalizedShape = shape.slice(shape.length - dims)
      const [weight, bias] = [randn(normalizedShape), randn(normalizedShape)]
      const output = F.layerNorm(input, normalizedShape, { weight, bias })
      const want = byDefinition(input, dims).mul(weight).add(bias)
      expect(output.allclose(want, { rtol: 1e-4, atol: 1e-4 }), `${shape} over ${dims}`).toBe(true)
    })
    fc.assert(property, { numRuns: 60, seed: 7 })
  })
  it('leaves images as they lie when it normalizes whole ones', () => {
    const image = randn([2, 3, 4, 5]).contiguous({ memoryFormat: 'channelsLast' })
    expect(F.layerNorm(image, [3, 4, 5]).strides).toEqual(image.strides)
    // Rows of pixels lie apart there.
    expect(F.layerNorm(image, 5).isContiguous()).toBe(true)
    const channels = image.permute([0, 2, 3, 1])
    expect(F.layerNorm(channels, 3).strides).toEqual(channels.strides)
  })
  it('differentiates rows, images in either order, with and without affine map', () => {
    checkGrads(
      (x, weight, bias) => F.layerNorm(x, [2, 3], { weight, bias, eps: 0.1 }),
      [leaf([3, 2, 3]), leaf([2, 3]), leaf([2, 3])],
      1e-2,
    )
    checkGrads(
      (x, weight, bias) =>
        F.layerNorm(x.contiguous({ memoryFormat: 'channelsLast' }), [2, 2, 3], { weight, bias, eps: 0.1 }),
      [leaf([2, 2, 2, 3]), leaf([2, 2, 3]), leaf([2, 2, 3])],
      1e-2,
    )
    checkGrads((x) => F.layerNorm(x, 4, { eps: 0.1 }), [leaf([2, 4])], 1e-2)
    const bias = leaf([4])
    checkGrads((x, b) => F.layerNorm(x, 4, { bias: b, eps: 0.1 }), [leaf([2, 4]), bias], 1e-2)
  })
  it('takes a single row, and an empty batch', () => {
    expect(F.layerNorm(ones([4]), 4).toArray()).toEqual([0, 0, 0, 0])
    const weight = ones([4], { requiresGrad: true })
    const output = F.layerNorm(zeros([0, 4]), 4, { weight })
    expect(output.shape).toEqual([0, 4])
    output.sum().backward()
    expect(weight.grad?.toArray()).toEqual([0, 0, 0, 0])
  })
  it('gives all memory back, that of weights in another order too', () => {
    const [input, weight] = [leaf([2, 4, 3, 3]), leaf([4, 3, 3])]
    const step = () => {
      const image = input.contiguous({ memoryFormat: 'channelsLast' })
      const output = F.layerNorm(image, [4, 3, 3], { weight, bias: weight })
      const loss = output.sum()
      loss.backward()
      for (const one of [loss, output, image]) one.dispose()
      for (const one of [input, weight]) one.clearGrad()
    }
    step()
    const before = memory().live
    step()
    expect(memory().live).toBe(before)
  })
})

describe('rmsNorm', () => {
  it('divides by the root mean square, with the rounding of float32 for eps', () => {
    const input = randn([3, 4, 5])
    const weight = randn([4, 5])
    const root = input
      .square()
      .mean([1, 2], { keepdim: true })
      .add(2 ** -23)
      .sqrt()
    const want = input.div(root).mul(weight)
    expect(F.rmsNorm(input, [4, 5], { weight }).allclose(want, { rtol: 1e-5, atol: 1e-6 })).toBe(true)
    expect(F.rmsNorm(input, [4, 5], { weight, eps: null }).equal(F.rmsNorm(input, [4, 5], { weight }))).toBe(true)
  })
  it('differentiates', () => {
    checkGrads((x, weight) => F.rmsNorm(x, 4, { weight, eps: 0.1 }), [leaf([3, 4]), leaf([4])], 1e-2)
    checkGrads((x) => F.rmsNorm(x, [2, 2], { eps: 0.1 }), [leaf([3, 2, 2])], 1e-2)
  })
})

const ops = { layerNorm: F.layerNorm, rmsNorm: F.rmsNorm }

for (const [op, norm] of Object.entries(ops)) {
  describe(`errors of ${op}`, () => {
    it('name shapes', () => {
      throws(
        () => norm(zeros([2, 3, 4]), [3, 5]),
        ShapeError,
        `${op}: expected input to end in normalizedShape [3, 5]; input [2, 3, 4]`,
      )
      throws(
        () => norm(zeros([3]), [2, 3]),
        ShapeError,
        `${op}: expected input to end in normalizedShape [2, 3]; input [3]`,
      )
      throws(
        () => norm(zeros([2, 3]), [3], { weight: ones([2]) }),
        ShapeError,
        `${op}: expected weight of shape [3], got [2]; input [2, 3]`,
      )
    })
    it('name sizes, types and options', () => {
      throws(
        () => norm(zeros([2]), []),
        RangeError,
        `${op}: expected normalizedShape to have at least one size, got []`,
      )
      throws(
        () => norm(zeros([2]), 0),
        RangeError,
        `${op}: expected normalizedShape to be an integer of at least 1, got 0`,
      )
      throws(
        () => norm(zeros([2, 2]), [2, 0.5]),
        RangeError,
        `${op}: expected normalizedShape[1] to be an integer of at least 1, got 0.5`,
      )
      throws(
        () => norm(zeros([2], { dtype: 'int32' }), 2),
        DTypeError,
        `${op}: expected input to be float32, got int32; input [2]; convert it with to('float32')`,
      )
      throws(
        () => norm(zeros([2]), 2, { eps: -1 }),
        RangeError,
        `${op}: expected eps to be a finite number of at least 0, got -1`,
      )
    })
  })
}

describe('errors', () => {
  it('name options that there are not', () => {
    throws(
      () => F.layerNorm(zeros([2]), 2, { epsilon: 1 } as never),
      RangeError,
      'layerNorm: expected options weight, bias, eps, got "epsilon"',
    )
    throws(
      () => F.rmsNorm(zeros([2]), 2, { bias: null } as never),
      RangeError,
      'rmsNorm: expected options weight, eps, got "bias"',
    )
  })
})
