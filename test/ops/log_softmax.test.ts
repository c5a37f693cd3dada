import { describe, expect, it } from 'vitest'
import { functional as F, RangeError, randn, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

describe('softmax and logSoftmax', () => {
  it('normalise along a dimension', () => {
    const x = tensor([
      [0, Math.log(3)],
      [1, 1],
    ])
    expect([...F.softmax(x, 1).toTypedArray()]).toEqual([0.25, 0.75, 0.5, 0.5].map((value) => expect.closeTo(value, 5)))
    const down = F.softmax(x, 0).sum(0).toArray()
    expect(down).toEqual([expect.closeTo(1, 5), expect.closeTo(1, 5)])
    expect(x.logSoftmax(1).exp().allclose(x.softmax(1), { atol: 1e-6 })).toBe(true)
  })
  it('do not overflow', () => {
    expect(F.softmax(tensor([1000, 1000]), 0).toArray()).toEqual([0.5, 0.5])
    expect(F.logSoftmax(tensor([-1e4, 0]), 0).toArray()).toEqual([-1e4, 0])
  })
  it('do not depend on the order in memory', () => {
    const image = randn([2, 3, 4, 4])
    const last = image.contiguous({ memoryFormat: 'channelsLast' })
    for (const dim of [0, 1, 2, -1]) {
      expect(F.logSoftmax(last, dim).allclose(F.logSoftmax(image, dim), { atol: 1e-5 })).toBe(true)
      expect(F.softmax(last, dim).strides).toEqual(last.strides)
    }
    const gaps = image.slice(1, 0, 3, 2)
    expect(F.softmax(gaps, 1).allclose(F.softmax(gaps.contiguous(), 1))).toBe(true)
  })
  it('differentiate along every dimension', () => {
    for (const dim of [0, 1, 2]) {
      checkGrads((x) => F.softmax(x, dim), [randn([2, 3, 2], { requiresGrad: true })])
      checkGrads((x) => F.logSoftmax(x, dim), [randn([2, 3, 2], { requiresGrad: true })])
    }
    const last = randn([2, 3, 2, 2]).contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_()
    checkGrads((x) => F.logSoftmax(x, 1), [last])
  })
  it('of single numbers and of nothing', () => {
    expect([
      F.softmax(tensor(3), 0).item(),
      F.logSoftmax(tensor([3]), 0).item(),
      F.softmax(zeros([0, 3]), 1).shape,
    ]).toEqual([1, 0, [0, 3]])
  })
  it('refuse a dimension that does not exist', () => {
    throws(() => F.softmax(zeros([2]), 1), RangeError, 'softmax: expected a dimension from -1 to 0, got 1')
    throws(() => F.logSoftmax(zeros([2]), -2), RangeError, 'logSoftmax: expected a dimension from -1 to 0, got -2')
  })
})
