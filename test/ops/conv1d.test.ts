import { describe, expect, it } from 'vitest'
import { functional as F, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (shape: number[]) => randn(shape, { requiresGrad: true })
const edge = tensor([[[1, 0, -1]]])

describe('conv1d', () => {
  it('slides a window over the signal', () => {
    const input = tensor([[[1, 3, 2, 8, 0]]])
    expect(F.conv1d(input, edge).toArray()).toEqual([[[-1, -5, 2]]])
    expect(F.conv1d(input, edge, tensor([10]), { stride: 2, padding: [1] }).toArray()).toEqual([[[7, 5, 18]]])
    expect(F.conv1d(input, edge, null, { dilation: 2 }).toArray()).toEqual([[[1]]])
    expect(F.conv1d(input, tensor([[[1, 1]]]), null, { padding: 'same' }).toArray()).toEqual([[[4, 5, 10, 8, 0]]])
  })
  it('is conv2d over images of height 1, of the same bits', () => {
    const [input, weight, bias] = [randn([2, 6, 19]), randn([4, 3, 5]), randn([4])]
    const options = { stride: 2, padding: 3, dilation: 2, groups: 2 }
    const wide = { stride: [1, 2], padding: [0, 3], dilation: [1, 2], groups: 2 }
    const flat = F.conv2d(input.unsqueeze(2), weight.unsqueeze(2), bias, wide).squeeze(2)
    expect(F.conv1d(input, weight, bias, options).equal(flat)).toBe(true)
  })
  it('takes a single signal and gives channels-last in memory', () => {
    const [input, weight] = [randn([3, 9]), randn([4, 3, 3])]
    expect(F.conv1d(input, weight).equal(F.conv1d(input.unsqueeze(0), weight).squeeze(0))).toBe(true)
    expect(F.conv1d(input.unsqueeze(0), weight).isContiguous('channelsLast')).toBe(true)
  })
  it('of no signals is no signals, with zero gradients', () => {
    const weight = leaf([4, 3, 3])
    const output = F.conv1d(zeros([0, 3, 5]), weight)
    expect(output.shape).toEqual([0, 4, 3])
    output.sum().backward()
    expect(weight.grad?.abs().sum().item()).toBe(0)
  })
  it.each([
    [{}],
    [{ stride: 2, padding: 2, dilation: 2 }],
    [{ padding: 2, paddingMode: 'reflect' as const }],
    [{ padding: 'same' as const, paddingMode: 'circular' as const }],
  ])('has the gradients of central differences with %j', (options) => {
    checkGrads((x, w, b) => F.conv1d(x, w, b, options), [leaf([2, 2, 6]), leaf([3, 2, 3]), leaf([3])], 1e-2)
  })
})

describe('padding modes', () => {
  const input = tensor([[[1, 2, 3, 4]]])
  const all = tensor([[[1, 10, 100]]])
  it('read beyond the border what they say', () => {
    const run = (paddingMode: F.PaddingMode) => F.conv1d(input, all, null, { padding: 1, paddingMode }).toArray()
    expect(run('zeros')).toEqual([[[210, 321, 432, 43]]])
    expect(run('reflect')).toEqual([[[212, 321, 432, 343]]])
    expect(run('replicate')).toEqual([[[211, 321, 432, 443]]])
    expect(run('circular')).toEqual([[[214, 321, 432, 143]]])
  })
  it('do nothing without padding', () => {
    expect(F.conv1d(input, all, null, { paddingMode: 'reflect' }).equal(F.conv1d(input, all))).toBe(true)
    expect(F.conv1d(input, all, null, { padding: 'valid', paddingMode: 'circular' }).shape).toEqual([1, 1, 2])
  })
  it('put the odd element of "same" at the end', () => {
    const pair = tensor([[[1, 10]]])
    const options = { padding: 'same', paddingMode: 'replicate' } as const
    expect(F.conv1d(input, pair, null, options).toArray()).toEqual([[[21, 32, 43, 44]]])
  })
})

describe('errors', () => {
  const weight = zeros([4, 2, 3])
  const run =
    (options: object, input = zeros([1, 2, 5])) =>
    () =>
      F.conv1d(input, weight, null, options)
  it('name dimensions, channels and windows', () => {
    throws(
      run({}, zeros([1, 2, 5, 5])),
      ShapeError,
      'conv1d: expected input of 2 or 3 dimensions, got 4; input [1, 2, 5, 5], weight [4, 2, 3]',
    )
    throws(
      run({}, zeros([1, 3, 5])),
      ShapeError,
      'conv1d: expected input channels to equal weight.shape[1] * groups (2 * 1 = 2), got 3; ' +
        'input [1, 3, 5], weight [4, 2, 3]',
    )
    throws(
      run({ dilation: 4, padding: 1 }),
      ShapeError,
      'conv1d: window 9 does not fit input 5 with padding 1; the output would be empty; ' +
        'input [1, 2, 5], weight [4, 2, 3]',
    )
    throws(
      run({ padding: 4 }, zeros([1, 2, 0])),
      ShapeError,
      'conv1d: expected spatial sizes of at least 1; input [1, 2, 0], weight [4, 2, 3]',
    )
  })
  it('name options out of range', () => {
    throws(run({ stride: 0 }), RangeError, 'conv1d: expected stride to be an integer of at least 1, got 0')
    throws(run({ padding: [-1] }), RangeError, 'conv1d: expected padding[0] to be an integer of at least 0, got -1')
    throws(run({ stride: 2, padding: 'same' }), RangeError, 'conv1d: expected stride 1 with padding "same", got 2')
    throws(
      run({ paddingMode: 'mirror' }),
      RangeError,
      'conv1d: expected paddingMode to be one of "zeros", "reflect", "replicate", "circular", got "mirror"',
    )
  })
  it('name borders that the mode cannot fill', () => {
    throws(
      run({ padding: 5, paddingMode: 'reflect' }),
      ShapeError,
      'conv1d: expected reflect padding smaller than the size, got 5 for size 5 of dimension 2; input [1, 2, 5]',
    )
    throws(
      run({ padding: 6, paddingMode: 'circular' }),
      ShapeError,
      'conv1d: expected circular padding no larger than the size, got 6 for size 5 of dimension 2; input [1, 2, 5]',
    )
  })
})
