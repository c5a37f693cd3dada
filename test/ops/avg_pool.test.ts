import { describe, expect, it } from 'vitest'
import { DTypeError, functional as F, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const row = () => tensor([[[1, 3, 2, 6, 4]]])
const ones = (shape: number[]) => zeros(shape).add(1)

describe('average pooling', () => {
  it('steps by its own size by default', () => {
    expect(F.avgPool1d(row(), 2).toArray()).toEqual([[[2, 4]]])
    expect(F.avgPool1d(row(), 2, { stride: 1 }).toArray()).toEqual([[[2, 2.5, 4, 5]]])
    const image = tensor([[[[1, 2], [3, 4]]]]) // biome-ignore format: a square
    expect(F.avgPool2d(image, 2).toArray()).toEqual([[[[2.5]]]])
    expect(F.avgPool2d(image, [1, 2]).toArray()).toEqual([[[[1.5], [3.5]]]])
    expect(F.avgPool3d(image.unsqueeze(2), [1, 2, 1]).toArray()).toEqual([[[[[2, 3]]]]])
  })
  it('counts the padding in front, behind up to its end, or not at all', () => {
    expect(F.avgPool1d(ones([1, 1, 4]), 2, { padding: 1 }).toArray()).toEqual([[[0.5, 1, 0.5]]])
    expect(F.avgPool1d(ones([1, 1, 4]), 2, { padding: 1, countIncludePad: false }).toArray()).toEqual([[[1, 1, 1]]])
    // The third window holds inputs 4 and 5, one zero, and hangs over by one element that does not count.
    const wide = F.avgPool1d(ones([1, 1, 6]), 4, { stride: 3, padding: 1, ceilMode: true })
    expect(wide.shape).toEqual([1, 1, 3])
    expect(wide.toArray()).toEqual([[[0.75, 1, 0.5]]])
  })
  it('divides by what it is told to', () => {
    const image = tensor([[[[1, 2, 3, 4]]]])
    expect(F.avgPool2d(image, [1, 2], { divisorOverride: 1 }).toArray()).toEqual([[[[3, 7]]]])
    expect(F.avgPool2d(image, [1, 2], { divisorOverride: -2 }).toArray()).toEqual([[[[-1.5, -3.5]]]])
    expect(F.avgPool2d(image, [1, 2], { divisorOverride: null }).toArray()).toEqual([[[[1.5, 3.5]]]])
    expect(F.avgPool3d(image.unsqueeze(2), [1, 1, 2], { divisorOverride: 4 }).toArray()).toEqual([[[[[0.75, 1.75]]]]])
  })
  it('takes images without a batch and batches of no image', () => {
    expect(F.avgPool2d(randn([3, 4, 6]), 2).shape).toEqual([3, 2, 3])
    expect(F.avgPool1d(randn([3, 6]), 2).shape).toEqual([3, 3])
    expect(F.avgPool2d(zeros([0, 3, 4, 4]), 2).shape).toEqual([0, 3, 2, 2])
  })
  it('gives images channels-last in memory', () => {
    expect(F.avgPool2d(randn([2, 3, 4, 4]), 2).isContiguous('channelsLast')).toBe(true)
  })
  it('differentiates overlapping windows, padding, overhang and divisors', () => {
    const x = (...shape: number[]) => randn(shape, { requiresGrad: true })
    checkGrads((input) => F.avgPool1d(input, 3, { stride: 1, padding: 1 }).square(), [x(2, 2, 5)])
    checkGrads((input) => F.avgPool2d(input, 3, { stride: 2, padding: 1, ceilMode: true }).square(), [x(1, 2, 4, 6)])
    checkGrads((input) => F.avgPool2d(input, 2, { padding: 1, countIncludePad: false }).square(), [x(2, 3, 4)])
    checkGrads((input) => F.avgPool2d(input, 2, { divisorOverride: 3 }).square(), [x(1, 2, 5, 4)])
    checkGrads((input) => F.avgPool3d(input, [2, 1, 2]).square(), [x(1, 2, 2, 3, 4)])
  })
})

describe('errors', () => {
  it('name windows, paddings and divisors that cannot be', () => {
    throws(
      () => F.avgPool2d(zeros([1, 1, 2, 2]), 3),
      ShapeError,
      'avgPool2d: window 3x3 does not fit input 2x2 with padding 0; the output would be empty; input [1, 1, 2, 2]',
    )
    throws(
      () => F.avgPool1d(zeros([1, 1, 4]), 2, { padding: 2 }),
      RangeError,
      'avgPool1d: expected padding of at most half the window, got padding 2, window 2',
    )
    throws(
      () => F.avgPool3d(zeros([1, 1, 4, 4, 4]), 2, { divisorOverride: 0 }),
      RangeError,
      'avgPool3d: expected divisorOverride to be an integer other than 0, got 0',
    )
  })
  it('name dimensions, types and options', () => {
    throws(
      () => F.avgPool2d(zeros([4, 4]), 2),
      ShapeError,
      'avgPool2d: expected input of 3 or 4 dimensions, got 2; input [4, 4]',
    )
    throws(
      () => F.avgPool2d(zeros([1, 0, 4, 4]), 2),
      ShapeError,
      'avgPool2d: expected channels and spatial sizes of at least 1; input [1, 0, 4, 4]',
    )
    throws(
      () => F.avgPool1d(zeros([1, 1, 4]), 2, { divisorOverride: 2 } as never),
      RangeError,
      'avgPool1d: expected options stride, padding, ceilMode, countIncludePad, got "divisorOverride"',
    )
    throws(
      () => F.avgPool2d(zeros([1, 1, 4, 4]), 2, { dilation: 2 } as never),
      RangeError,
      'avgPool2d: expected options stride, padding, ceilMode, countIncludePad, divisorOverride, got "dilation"',
    )
    throws(
      () => F.avgPool2d(zeros([1, 1, 4, 4], { dtype: 'uint8' }), 2),
      DTypeError,
      "avgPool2d: expected input to be float32, got uint8; input [1, 1, 4, 4]; convert it with to('float32')",
    )
  })
})
