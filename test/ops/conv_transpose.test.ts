import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  functional as F,
  RangeError,
  randn,
  ShapeError,
  stack,
  type Tensor,
  tensor,
  zeros,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (shape: number[]) => randn(shape, { requiresGrad: true })

describe('transposed convolution', () => {
  it('adds a scaled window for every element', () => {
    const input = tensor([[[1, 2]]])
    const weight = tensor([[[1, 10, 100]]])
    const run = (options?: object) => F.convTranspose1d(input, weight, null, options).toArray()
    expect(run()).toEqual([[[1, 12, 120, 200]]])
    expect(run({ stride: 2 })).toEqual([[[1, 10, 102, 20, 200]]])
    expect(run({ stride: 2, padding: 1 })).toEqual([[[10, 102, 20]]])
    expect(run({ stride: 2, padding: 1, outputPadding: 1 })).toEqual([[[10, 102, 20, 200]]])
    expect(run({ dilation: 2 })).toEqual([[[1, 2, 10, 20, 100, 200]]])
    expect(F.convTranspose1d(input, weight, tensor([5]), { stride: 3, outputPadding: 2 }).toArray()).toEqual([
      [[6, 15, 105, 7, 25, 205, 5, 5]],
    ])
  })
  it('is the gradient of the convolution with respect to its input', () => {
    const [image, weight] = [leaf([2, 6, 7, 8]), randn([4, 3, 3, 2])]
    const options = { stride: [2, 1], padding: [1, 0], dilation: [1, 2], groups: 2 }
    const output = F.conv2d(image, weight, null, options)
    const grad = randn([...output.shape])
    output.backward(grad)
    expect(F.convTranspose2d(grad, weight, null, options).equal(image.grad as Tensor)).toBe(true)
  })
  it('takes output padding up to the dilation, past the stride', () => {
    const [input, weight] = [tensor([[[1]]]), tensor([[[1, 10]]])]
    const options = { dilation: 3, outputPadding: 2 }
    expect(F.convTranspose1d(input, weight, null, options).toArray()).toEqual([[[1, 0, 0, 10, 0, 0]]])
    checkGrads((x, w, b) => F.convTranspose1d(x, w, b, options), [leaf([2, 2, 3]), leaf([2, 3, 2]), leaf([3])])
  })
  it('takes a single image, a batch of none, any order of the operands', () => {
    const [input, weight, bias] = [randn([4, 5, 5]), randn([4, 3, 3, 3]), leaf([3])]
    const output = F.convTranspose2d(input, weight, bias, { stride: 2 })
    expect(output.shape).toEqual([3, 11, 11])
    const batch = F.convTranspose2d(input.unsqueeze(0), weight, bias, { stride: 2 })
    expect([batch.squeeze(0).equal(output), batch.isContiguous('channelsLast')]).toEqual([true, true])
    const every = stack([bias.detach(), zeros([3])], 1).select(1, 0)
    expect(F.convTranspose2d(input, weight, every, { stride: 2 }).equal(output)).toBe(true)
    const none = F.convTranspose2d(zeros([0, 4, 5, 5]), weight, bias)
    expect(none.shape).toEqual([0, 3, 7, 7])
    none.sum().backward()
    expect(bias.grad?.toArray()).toEqual([0, 0, 0])
  })
  it('has the gradients of central differences', () => {
    checkGrads(
      (x, w, b) => F.convTranspose2d(x, w, b, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
      [leaf([2, 4, 2, 3]), leaf([4, 1, 3, 2]), leaf([2])],
      1e-2,
    )
    checkGrads(
      (x, w, b) => F.convTranspose3d(x, w, b, { stride: [2, 1, 1], padding: [0, 1, 0] }),
      [leaf([1, 2, 2, 2, 2]), leaf([2, 2, 1, 2, 2]), leaf([2])],
      1e-2,
    )
  })
  it('computes only the gradients that are needed', () => {
    const [input, weight, bias] = [randn([1, 2, 3]), leaf([2, 2, 2]), leaf([2])]
    F.convTranspose1d(input, weight.detach(), bias).sum().backward()
    expect([input.grad, weight.grad, bias.grad?.toArray()]).toEqual([null, null, [4, 4]])
    F.convTranspose1d(input, weight).sum().backward()
    expect(weight.grad?.shape).toEqual([2, 2, 2])
  })
})

describe('errors', () => {
  const weight = zeros([4, 2, 3, 3])
  const run =
    (options: object, input = zeros([1, 4, 5, 5]), bias: Tensor | null = null) =>
    () =>
      F.convTranspose2d(input, weight, bias, options)
  it('name dimensions, channels and groups', () => {
    throws(
      run({}, zeros([1, 3, 5, 5])),
      ShapeError,
      'convTranspose2d: expected input channels to equal weight.shape[0] (4), got 3; ' +
        'input [1, 3, 5, 5], weight [4, 2, 3, 3]',
    )
    throws(
      run({ groups: 3 }),
      ShapeError,
      'convTranspose2d: expected input channels (weight.shape[0]) divisible by groups 3, got 4; ' +
        'input [1, 4, 5, 5], weight [4, 2, 3, 3]',
    )
    throws(
      run({ groups: 2 }, undefined, zeros([2])),
      ShapeError,
      'convTranspose2d: expected bias of shape [4]; bias [2], weight [4, 2, 3, 3]',
    )
    throws(
      () => F.convTranspose1d(zeros([5]), zeros([4, 2, 3])),
      ShapeError,
      'convTranspose1d: expected input of 2 or 3 dimensions, got 1; input [5], weight [4, 2, 3]',
    )
    throws(
      () => F.convTranspose3d(zeros([1, 4, 2, 2, 2]), weight),
      ShapeError,
      'convTranspose3d: expected weight of 5 dimensions, got 4; input [1, 4, 2, 2, 2], weight [4, 2, 3, 3]',
    )
  })
  it('name empty outputs', () => {
    throws(
      run({ padding: 4 }, zeros([1, 4, 5, 5])),
      ShapeError,
      'convTranspose2d: expected an output with elements, got size -1x-1 with padding 4x4; ' +
        'input [1, 4, 5, 5], weight [4, 2, 3, 3]',
    )
    throws(
      run({}, zeros([1, 4, 0, 5])),
      ShapeError,
      'convTranspose2d: expected spatial sizes of at least 1; input [1, 4, 0, 5], weight [4, 2, 3, 3]',
    )
  })
  it('name options', () => {
    throws(
      run({ stride: 2, outputPadding: [1, 2] }),
      RangeError,
      'convTranspose2d: expected outputPadding smaller than stride 2x2 or dilation 1x1, got 1x2',
    )
    throws(
      run({ outputPadding: -1 }),
      RangeError,
      'convTranspose2d: expected outputPadding to be an integer of at least 0, got -1',
    )
    throws(
      run({ paddingMode: 'reflect' }),
      RangeError,
      'convTranspose2d: expected options stride, padding, outputPadding, dilation, groups, got "paddingMode"',
    )
    throws(
      run({}, tensor([1], { dtype: 'int32' })),
      DTypeError,
      "convTranspose2d: expected input to be float32, got int32; input [1]; convert it with to('float32')",
    )
  })
})
