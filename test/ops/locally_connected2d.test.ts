import { describe, expect, it } from 'vitest'
import { functional as F, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (shape: number[]) => randn(shape, { requiresGrad: true })

describe('locallyConnected2d', () => {
  it('has weights of its own at every place', () => {
    const input = tensor([[[[1, 2, 3]]]])
    const weight = tensor([1, 10, 100, 1000], { shape: [1, 2, 1, 1, 1, 2] })
    expect(F.locallyConnected2d(input, weight).toArray()).toEqual([[[[21, 3200]]]])
    expect(F.locallyConnected2d(input, weight, tensor([[[0.5, 4]]])).toArray()).toEqual([[[[21.5, 3204]]]])
  })
  it.each([[{}], [{ stride: [2, 1], padding: [1, 2] }], [{ dilation: 2, padding: 1 }]])(
    'with the same weights everywhere is conv2d, with %j',
    (options) => {
      const [input, weight, bias] = [randn([2, 3, 6, 7]), randn([4, 3, 2, 3]), randn([4])]
      const wanted = F.conv2d(input, weight, bias, options)
      const [, oc, oh, ow] = wanted.shape
      const places = weight
        .unsqueeze(0)
        .unsqueeze(0)
        .expand([oh, ow, ...weight.shape])
      const shift = bias.reshape([oc, 1, 1]).expand([oc, oh, ow])
      expect(F.locallyConnected2d(input, places, shift, options).allclose(wanted, { atol: 1e-4 })).toBe(true)
      expect(F.locallyConnected2d(input.select(0, 1), places, shift, options).shape).toEqual([oc, oh, ow])
    },
  )
  it('has the gradients of central differences', () => {
    checkGrads(
      (x, w, b) => F.locallyConnected2d(x, w, b, { stride: [1, 2], padding: [0, 1] }),
      [leaf([2, 2, 3, 3]), leaf([2, 2, 2, 2, 2, 2]), leaf([2, 2, 2])],
      1e-2,
    )
  })
  it('refuses weights and biases that do not fit', () => {
    const weight = zeros([4, 4, 5, 3, 3, 3])
    const run =
      (shape: number[], options = {}, bias?: number[]) =>
      () =>
        F.locallyConnected2d(zeros(shape), weight, bias && zeros(bias), options)
    throws(
      run([2, 6]),
      ShapeError,
      'locallyConnected2d: expected input of 3 or 4 dimensions, got 2; input [2, 6], weight [4, 4, 5, 3, 3, 3]',
    )
    throws(
      () => F.locallyConnected2d(zeros([1, 3, 6, 6]), zeros([5, 3, 3, 3])),
      ShapeError,
      'locallyConnected2d: expected weight of 6 dimensions with elements, got 4; ' +
        'input [1, 3, 6, 6], weight [5, 3, 3, 3]',
    )
    throws(
      run([1, 2, 6, 6]),
      ShapeError,
      'locallyConnected2d: expected input channels to equal weight.shape[3] (3), got 2; ' +
        'input [1, 2, 6, 6], weight [4, 4, 5, 3, 3, 3]',
    )
    throws(
      run([1, 3, 6, 6], { padding: [0, 1] }),
      ShapeError,
      'locallyConnected2d: expected weights for 4x6 windows, got 4x4; input [1, 3, 6, 6], weight [4, 4, 5, 3, 3, 3]',
    )
    throws(
      run([1, 3, 6, 6], {}, [5]),
      ShapeError,
      'locallyConnected2d: expected bias of shape [5, 4, 4]; bias [5], weight [4, 4, 5, 3, 3, 3]',
    )
    throws(
      run([1, 3, 6, 6], { stride: 0 }),
      RangeError,
      'locallyConnected2d: expected stride to be an integer of at least 1, got 0',
    )
    throws(
      run([1, 3, 6, 6], { groups: 3 }),
      RangeError,
      'locallyConnected2d: expected options stride, padding, dilation, got "groups"',
    )
  })
})
