import { describe, expect, it } from 'vitest'
import { DTypeError, functional as F, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (shape: number[]) => randn(shape, { requiresGrad: true })

describe('conv3d', () => {
  it('slides a window over the volume', () => {
    const input = tensor([[[[[1, 2]], [[3, 4]], [[5, 6]]]]])
    const weight = tensor([[[[[1]], [[-1]]]]])
    expect(F.conv3d(input, weight).toArray()).toEqual([[[[[-2, -2]], [[-2, -2]]]]])
    expect(F.conv3d(input, weight, tensor([10]), { stride: [2, 1, 1] }).toArray()).toEqual([[[[[8, 8]]]]])
    expect(F.conv3d(input, weight, null, { padding: 'same' }).shape).toEqual([1, 1, 3, 1, 2])
  })
  it('of depth 1 is conv2d', () => {
    const [input, weight, bias] = [randn([2, 4, 6, 5]), randn([6, 2, 3, 2]), randn([6])]
    const flat = F.conv2d(input, weight, bias, { stride: [2, 1], padding: 1, groups: 2 })
    const options = { stride: [1, 2, 1], padding: [0, 1, 1], groups: 2 }
    const deep = F.conv3d(input.unsqueeze(2), weight.unsqueeze(2), bias, options)
    expect(deep.squeeze(2).allclose(flat, { atol: 1e-5 })).toBe(true)
  })
  it('takes a single volume and gives channels-last in memory', () => {
    const [input, weight] = [randn([3, 4, 4, 4]), randn([4, 3, 2, 2, 2])]
    expect(F.conv3d(input, weight).equal(F.conv3d(input.unsqueeze(0), weight).squeeze(0))).toBe(true)
    expect(F.conv3d(input.unsqueeze(0), weight).isContiguous('channelsLast')).toBe(true)
  })
  it('of no volumes is no volumes, with zero gradients', () => {
    const weight = leaf([4, 3, 1, 1, 1])
    const output = F.conv3d(zeros([0, 3, 2, 2, 2]), weight)
    expect(output.shape).toEqual([0, 4, 2, 2, 2])
    output.sum().backward()
    expect(weight.grad?.abs().sum().item()).toBe(0)
  })
  it.each([
    [{}],
    [{ stride: [1, 2, 1], padding: [1, 0, 1] }],
    [{ padding: 1, paddingMode: 'replicate' as const }],
    [{ dilation: [2, 1, 1], padding: 'same' as const }],
  ])('has the gradients of central differences with %j', (options) => {
    checkGrads((x, w, b) => F.conv3d(x, w, b, options), [leaf([1, 2, 3, 2, 3]), leaf([2, 2, 2, 1, 2]), leaf([2])], 1e-2)
  })
})

describe('errors', () => {
  const weight = zeros([4, 2, 3, 3, 3])
  const run =
    (options: object, input = zeros([1, 2, 4, 4, 4])) =>
    () =>
      F.conv3d(input, weight, null, options)
  it('name dimensions, channels and windows', () => {
    throws(
      run({}, zeros([2, 4, 4])),
      ShapeError,
      'conv3d: expected input of 4 or 5 dimensions, got 3; input [2, 4, 4], weight [4, 2, 3, 3, 3]',
    )
    throws(
      run({ groups: 2 }),
      ShapeError,
      'conv3d: expected input channels to equal weight.shape[1] * groups (2 * 2 = 4), got 2; ' +
        'input [1, 2, 4, 4, 4], weight [4, 2, 3, 3, 3]',
    )
    throws(
      run({ dilation: [1, 2, 1] }),
      ShapeError,
      'conv3d: window 3x5x3 does not fit input 4x4x4 with padding 0x0x0; the output would be empty; ' +
        'input [1, 2, 4, 4, 4], weight [4, 2, 3, 3, 3]',
    )
  })
  it('name options', () => {
    throws(
      run({ stride: [1, 2] }),
      DTypeError,
      'conv3d: expected stride to be a number or [depth, height, width], got [1, 2]',
    )
    throws(
      run({ dilation: [1, 1.5, 1] }),
      RangeError,
      'conv3d: expected dilation[1] to be an integer of at least 1, got 1.5',
    )
    throws(
      run({ padding: 'same', stride: [1, 1, 2] }),
      RangeError,
      'conv3d: expected stride 1 with padding "same", got 1x1x2',
    )
  })
})
