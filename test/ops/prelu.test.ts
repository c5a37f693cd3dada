import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  functional as F,
  nn,
  RangeError,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

describe('prelu', () => {
  it('scales what is negative by one slope or one for each channel', () => {
    const x = tensor([-2, 4, -6, 8], { shape: [2, 2] })
    expect(F.prelu(x, tensor([0.5])).toArray()).toEqual([
      [-1, 4],
      [-3, 8],
    ])
    expect(F.prelu(x, tensor([0.5, 0.25])).toArray()).toEqual([
      [-1, 4],
      [-3, 8],
    ])
    expect(F.prelu(tensor([-2, 3]), tensor([2])).toArray()).toEqual([-4, 3])
    const image = randn([2, 3, 2, 2])
    const slopes = tensor([0.5, -1, 2])
    const want = image.maximum(0).add(image.minimum(0).mul(slopes.reshape([3, 1, 1])))
    expect(F.prelu(image, slopes).equal(want)).toBe(true)
    expect(F.prelu(image, tensor(0.5)).equal(F.prelu(image, tensor([0.5])))).toBe(true)
  })
  it('differentiates both, in any order in memory', () => {
    const image = randn([2, 3, 2, 2])
    const last = image.contiguous({ memoryFormat: 'channelsLast' })
    for (const x of [image, last]) {
      checkGrads(F.prelu, [nudgedFromZero(x).requiresGrad_(), tensor([0.5, -1, 2], { requiresGrad: true })])
      checkGrads(F.prelu, [nudgedFromZero(x).requiresGrad_(), tensor([0.3], { requiresGrad: true })])
    }
    const frozen = tensor([0.5])
    const x = tensor([-1, 1], { requiresGrad: true })
    F.prelu(x, frozen).sum().backward()
    expect([x.grad?.toArray(), frozen.grad]).toEqual([[0.5, 1], null])
  })
  it('of nothing has no gradient but zeros', () => {
    const weight = tensor([0.5, 2], { requiresGrad: true })
    F.prelu(zeros([0, 2, 3]), weight)
      .sum()
      .backward()
    expect(weight.grad?.toArray()).toEqual([0, 0])
  })
  it('refuses other weights', () => {
    throws(
      () => F.prelu(zeros([2, 3]), zeros([2])),
      ShapeError,
      'prelu: expected weight of shape [1] or [3]; input [2, 3], weight [2]',
    )
    throws(
      () => F.prelu(zeros([2]), zeros([2])),
      ShapeError,
      'prelu: expected weight of shape [1]; input [2], weight [2]',
    )
    throws(
      () => F.prelu(tensor([1n]), zeros([1])),
      DTypeError,
      "prelu: expected input to be float32, got int64; input [1]; convert it with to('float32')",
    )
    throws(
      () => F.prelu(zeros([1]), tensor([1n])),
      DTypeError,
      "prelu: expected weight to be float32, got int64; weight [1]; convert it with to('float32')",
    )
  })
})

/** The same values in the same order in memory, none so near 0 that a difference would straddle the corner. */
function nudgedFromZero(x: Tensor): Tensor {
  return x.add(x.sign().mul(0.1)).detach()
}

describe('PReLU', () => {
  it('trains its slopes', () => {
    const layer = new nn.PReLU({ numParameters: 3, init: 0.1 })
    expect([layer.toString(), layer.weight.shape]).toEqual(['PReLU(num_parameters=3)', [3]])
    const x = randn([4, 3])
    expect(layer.forward(x).equal(F.prelu(x, layer.weight))).toBe(true)
    layer.forward(x).sum().backward()
    expect(layer.weight.grad?.shape).toEqual([3])
    expect(new nn.PReLU().weight.item()).toBe(0.25)
  })
  it('refuses settings out of range', () => {
    throws(
      () => new nn.PReLU({ numParameters: 0 }),
      RangeError,
      'PReLU: expected numParameters to be an integer of at least 1, got 0',
    )
    throws(() => new nn.PReLU({ init: Number.NaN }), RangeError, 'PReLU: expected init to be a finite number, got NaN')
  })
})
