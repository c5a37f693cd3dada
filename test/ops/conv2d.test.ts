import { describe, expect, it } from 'vitest'
import { DTypeError, functional as F, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (shape: number[]) => randn(shape, { requiresGrad: true })

describe('conv2d', () => {
  it('slides a window over the image', () => {
    const input = tensor([
      [
        [
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ],
      ],
    ])
    const weight = tensor([
      [
        [
          [1, 0],
          [0, -1],
        ],
      ],
    ])
    expect(F.conv2d(input, weight, tensor([10])).toArray()).toEqual([
      [
        [
          [6, 6],
          [6, 6],
        ],
      ],
    ])
    expect(F.conv2d(input, weight, null, { stride: 2 }).toArray()).toEqual([[[[-4]]]])
    expect(F.conv2d(input, weight, null, { padding: [1, 0] }).shape).toEqual([1, 1, 4, 2])
    expect(F.conv2d(input, weight, undefined, { dilation: 2 }).toArray()).toEqual([[[[-8]]]])
  })
  it('gives images channels-last in memory, whatever the order of the operands', () => {
    const input = randn([2, 3, 5, 5])
    const weight = randn([4, 3, 3, 3])
    const output = F.conv2d(input, weight)
    expect(output.isContiguous('channelsLast')).toBe(true)
    const last = { memoryFormat: 'channelsLast' } as const
    expect(F.conv2d(input.contiguous(last), weight.contiguous(last)).equal(output)).toBe(true)
    expect(
      F.conv2d(input.transpose(2, 3), weight.transpose(2, 3)).transpose(2, 3).allclose(output, { atol: 1e-5 }),
    ).toBe(true)
  })
  it('takes a single image', () => {
    const input = randn([3, 5, 5])
    const weight = randn([4, 3, 3, 3])
    const output = F.conv2d(input, weight)
    expect(output.shape).toEqual([4, 3, 3])
    expect(output.equal(F.conv2d(input.unsqueeze(0), weight).squeeze(0))).toBe(true)
    checkGrads((x, w) => F.conv2d(x, w), [leaf([1, 3, 3]), leaf([2, 1, 2, 2])])
  })
  it('pads to the same size with the odd zero at the end', () => {
    const input = tensor([[[[1, 2, 3]]]])
    const pair = tensor([[[[1, 1]]]])
    expect(F.conv2d(input, pair, null, { padding: 'same' }).toArray()).toEqual([[[[3, 5, 3]]]])
    expect(F.conv2d(input, pair, null, { padding: 'valid' }).toArray()).toEqual([[[[3, 5]]]])
  })
  it('keeps groups apart', () => {
    const input = tensor([[[[2]], [[3]]]])
    const weight = tensor([[[[10]]], [[[100]]]])
    expect(F.conv2d(input, weight, null, { groups: 2 }).toArray()).toEqual([[[[20]], [[300]]]])
  })
  it('of no images is no images, with zero gradients', () => {
    const weight = leaf([4, 3, 3, 3])
    const bias = leaf([4])
    const output = F.conv2d(zeros([0, 3, 5, 5]), weight, bias)
    expect(output.shape).toEqual([0, 4, 3, 3])
    output.sum().backward()
    expect([weight.grad?.abs().sum().item(), bias.grad?.toArray()]).toEqual([0, [0, 0, 0, 0]])
  })
})

describe('gradients', () => {
  it.each([
    [{}],
    [{ stride: 2, padding: 1 }],
    [{ stride: [1, 2] as const, padding: [0, 2] as const }],
    [{ dilation: 2, padding: 2 }],
    [{ padding: 'same' as const }],
  ])('with %j', (options) => {
    checkGrads((x, w, b) => F.conv2d(x, w, b, options), [leaf([2, 2, 4, 4]), leaf([3, 2, 3, 2]), leaf([3])], 1e-2)
  })
  it('of groups and depthwise windows', () => {
    checkGrads((x, w, b) => F.conv2d(x, w, b, { groups: 2 }), [leaf([1, 4, 3, 3]), leaf([4, 2, 2, 2]), leaf([4])])
    checkGrads((x, w) => F.conv2d(x, w, null, { groups: 3 }), [leaf([1, 3, 3, 3]), leaf([3, 1, 2, 2])])
  })
  it('are computed only where they are needed', () => {
    const input = randn([1, 2, 3, 3])
    const weight = leaf([2, 2, 2, 2])
    const bias = leaf([2])
    F.conv2d(input, weight, bias.detach()).sum().backward()
    expect([input.grad, bias.grad, weight.grad?.shape]).toEqual([null, null, [2, 2, 2, 2]])
    F.conv2d(input, weight.detach(), bias).sum().backward()
    expect(bias.grad?.toArray()).toEqual([4, 4])
    const image = leaf([1, 2, 3, 3])
    F.conv2d(image, weight.detach()).sum().backward()
    expect(image.grad?.shape).toEqual([1, 2, 3, 3])
  })
  it('lie in memory as their leaves do', () => {
    const weight = randn([4, 3, 3, 3]).contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_()
    const rowMajor = leaf([4, 3, 3, 3])
    for (const each of [weight, rowMajor]) {
      F.conv2d(randn([1, 3, 4, 4]), each)
        .sum()
        .backward()
      expect(each.grad?.strides).toEqual(each.strides)
    }
  })
})

describe('errors', () => {
  const input = zeros([8, 4, 32, 32])
  const weight = zeros([16, 3, 3, 3])
  const shapes = 'input [8, 4, 32, 32], weight [16, 3, 3, 3]'
  it('name channels and groups', () => {
    throws(
      () => F.conv2d(input, weight),
      ShapeError,
      `conv2d: expected input channels to equal weight.shape[1] * groups (3 * 1 = 3), got 4; ${shapes}`,
    )
    throws(
      () => F.conv2d(zeros([1, 6, 8, 8]), zeros([5, 3, 3, 3]), null, { groups: 2 }),
      ShapeError,
      'conv2d: expected output channels (weight.shape[0]) divisible by groups 2, got 5; ' +
        'input [1, 6, 8, 8], weight [5, 3, 3, 3]',
    )
  })
  it('name dimensions', () => {
    throws(
      () => F.conv2d(zeros([4, 4]), weight),
      ShapeError,
      'conv2d: expected input of 3 or 4 dimensions, got 2; input [4, 4], weight [16, 3, 3, 3]',
    )
    throws(
      () => F.conv2d(input, zeros([16, 4, 3])),
      ShapeError,
      'conv2d: expected weight of 4 dimensions, got 3; input [8, 4, 32, 32], weight [16, 4, 3]',
    )
    throws(
      () => F.conv2d(input, zeros([16, 4, 0, 3])),
      ShapeError,
      'conv2d: expected a weight with elements; input [8, 4, 32, 32], weight [16, 4, 0, 3]',
    )
    throws(
      () => F.conv2d(zeros([1, 3, 8, 8]), weight, zeros([3])),
      ShapeError,
      'conv2d: expected bias of shape [16]; bias [3], weight [16, 3, 3, 3]',
    )
  })
  it('name a window that does not fit', () => {
    throws(
      () => F.conv2d(zeros([1, 3, 2, 2]), weight, null, { dilation: 2, padding: 1 }),
      ShapeError,
      'conv2d: window 5x5 does not fit input 2x2 with padding 1x1; the output would be empty; ' +
        'input [1, 3, 2, 2], weight [16, 3, 3, 3]',
    )
  })
  it('name options out of range', () => {
    const run = (options: object) => () => F.conv2d(zeros([1, 3, 8, 8]), weight, null, options)
    throws(run({ stride: 0 }), RangeError, 'conv2d: expected stride to be an integer of at least 1, got 0')
    throws(run({ stride: 1.5 }), RangeError, 'conv2d: expected stride to be an integer of at least 1, got 1.5')
    throws(run({ padding: -1 }), RangeError, 'conv2d: expected padding to be an integer of at least 0, got -1')
    throws(run({ dilation: [1, 0] }), RangeError, 'conv2d: expected dilation[1] to be an integer of at least 1, got 0')
    throws(run({ groups: 0 }), RangeError, 'conv2d: expected groups to be an integer of at least 1, got 0')
    throws(run({ stride: 2, padding: 'same' }), RangeError, 'conv2d: expected stride 1 with padding "same", got 2x2')
    throws(
      run({ padding: 'full' }),
      RangeError,
      'conv2d: expected padding to be "same", "valid" or numbers, got "full"',
    )
    throws(
      run({ padingMode: 'reflect' }),
      RangeError,
      'conv2d: expected options stride, padding, dilation, groups, paddingMode, got "padingMode"',
    )
  })
  it('name element types', () => {
    throws(
      () => F.conv2d(tensor([1n]), weight),
      DTypeError,
      "conv2d: expected input to be float32, got int64; input [1]; convert it with to('float32')",
    )
  })
})
