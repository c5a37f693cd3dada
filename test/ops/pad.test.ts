import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  functional as F,
  RangeError,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '../../lib/index.ts'
import type { PadOptions } from '../../lib/ops/pad.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const row = tensor([[[1, 2, 3, 4]]])
const padRow = (pads: number[], options?: PadOptions) => (F.pad(row, pads, options).toArray() as number[][][])[0][0]

describe('constant', () => {
  it('adds a value, zero by default, the last dimension first', () => {
    expect(padRow([1, 2])).toEqual([0, 1, 2, 3, 4, 0, 0])
    expect(padRow([2, 0], { mode: 'constant', value: -1 })).toEqual([-1, -1, 1, 2, 3, 4])
    expect(F.pad(tensor([[1, 2]]), [0, 1, 1, 0], { value: 9 }).toArray()).toEqual([
      [9, 9, 9],
      [1, 2, 9],
    ])
  })
  it('takes elements away where a number is negative', () => {
    expect(padRow([-1, 0])).toEqual([2, 3, 4])
    expect(padRow([-1, -2])).toEqual([2])
    expect(padRow([-3, 2])).toEqual([4, 0, 0])
    expect(padRow([-5, 3])).toEqual([0, 0])
    expect(padRow([-4, 0])).toEqual([])
  })
  it('leaves what has no pads as a copy of its own', () => {
    const output = F.pad(row, [])
    expect(output.equal(row)).toBe(true)
    output.fill_(0)
    expect(row.sum().item()).toBe(10)
  })
  it('takes any number of dimensions and any element type', () => {
    expect(F.pad(tensor(5), []).item()).toBe(5)
    expect(F.pad(tensor([1, 2], { dtype: 'int32' }), [1, 0], { value: 7 }).toArray()).toEqual([7, 1, 2])
    expect(F.pad(zeros([2, 0]), [1, 1]).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ])
  })
})

describe('elements of the input', () => {
  it('are mirrored about the border', () => {
    expect(padRow([3, 2], { mode: 'reflect' })).toEqual([4, 3, 2, 1, 2, 3, 4, 3, 2])
    expect(padRow([-1, 2], { mode: 'reflect' })).toEqual([2, 3, 4, 3, 2])
    // What was taken away is still mirrored, as in PyTorch.
    expect(padRow([-3, 3], { mode: 'reflect' })).toEqual([4, 3, 2, 1])
  })
  it('are repeated', () => {
    expect(padRow([2, 3], { mode: 'replicate' })).toEqual([1, 1, 1, 2, 3, 4, 4, 4, 4])
    expect(padRow([-2, 1], { mode: 'replicate' })).toEqual([3, 4, 4])
    expect(padRow([6, 0], { mode: 'replicate' })).toEqual([1, 1, 1, 1, 1, 1, 1, 2, 3, 4])
  })
  it('are continued with the opposite end', () => {
    expect(padRow([4, 2], { mode: 'circular' })).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2])
    expect(padRow([1, -1], { mode: 'circular' })).toEqual([3, 1, 2, 3])
    expect(padRow([-2, 2], { mode: 'circular' })).toEqual([3, 4, 3, 4])
  })
  it('come from all dimensions at the corners', () => {
    const image = tensor([
      [
        [1, 2],
        [3, 4],
      ],
    ])
    expect(F.pad(image, [1, 1, 1, 0], { mode: 'reflect' }).toArray()).toEqual([
      [
        [4, 3, 4, 3],
        [2, 1, 2, 1],
        [4, 3, 4, 3],
      ],
    ])
    expect(F.pad(image, [1, 0, 0, 1], { mode: 'replicate' }).toArray()).toEqual([
      [
        [1, 1, 2],
        [3, 3, 4],
        [3, 3, 4],
      ],
    ])
  })
  it('may be in batches, in volumes, in none at all', () => {
    const volume = randn([2, 3, 2, 3, 4])
    const padded = F.pad(volume, [1, 2, 2, 0, 0, 1], { mode: 'circular' })
    expect(padded.shape).toEqual([2, 3, 3, 5, 7])
    expect(padded.slice(2, 0, 2).slice(3, 2).slice(4, 1, 5).equal(volume)).toBe(true)
    expect(padded.select(2, 2).equal(padded.select(2, 0))).toBe(true)
    expect(F.pad(randn([0, 3, 4]), [1, 1], { mode: 'reflect' }).shape).toEqual([0, 3, 6])
    const same = F.pad(row, [0, 0], { mode: 'reflect' })
    expect(same.equal(row) && same.storage !== row.storage).toBe(true)
  })
})

describe('order in memory', () => {
  it.each(['constant', 'reflect', 'replicate', 'circular'] as const)('stays channels-last with mode %s', (mode) => {
    const image = randn([2, 3, 4, 5])
    const last = image.contiguous({ memoryFormat: 'channelsLast' })
    const padded = F.pad(last, [1, 2, 0, 3], { mode })
    expect(padded.isContiguous('channelsLast')).toBe(true)
    expect(F.pad(image, [1, 2, 0, 3], { mode }).isContiguous()).toBe(true)
    expect(padded.equal(F.pad(image, [1, 2, 0, 3], { mode }))).toBe(true)
    const turned = image.transpose(2, 3)
    expect(F.pad(turned, [0, 3, 1, 2], { mode }).transpose(2, 3).equal(padded)).toBe(true)
  })
})

describe('gradients', () => {
  const leaf = (shape: number[]): Tensor => randn(shape, { requiresGrad: true })
  it.each([
    [[1, 2, 0, 1], 'constant'],
    [[-1, 2, 1, -1], 'constant'],
    [[2, 1, 1, 2], 'reflect'],
    [[-1, 3, 2, -1], 'reflect'],
    [[2, 3, 1, 0], 'replicate'],
    [[-2, 3, 0, -1], 'replicate'],
    [[4, 2, 0, 3], 'circular'],
    [[-2, 2, 1, -1], 'circular'],
    [[0, 0, 0, 0], 'reflect'],
    [[0, 0, 0, 0], 'constant'],
  ] as [number[], PadOptions['mode']][])('of pads %j with mode %s', (pads, mode) => {
    checkGrads((input) => F.pad(input, pads, { mode }), [leaf([2, 2, 3, 4])])
    const last = randn([2, 2, 3, 4]).contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_()
    checkGrads((input) => F.pad(input, pads, { mode }), [last])
  })
  it.each([
    [[2, 2], { mode: 'reflect' }, [2, 3, 2]],
    [[2, 1], { mode: 'replicate' }, [3, 1, 2]],
    [[-1, 1], { mode: 'constant', value: 5 }, [0, 1, 1]],
  ] as [number[], PadOptions, number[]][])(
    'of pads %j with %j count how often an element is read',
    (pads, options, want) => {
      const input = zeros([1, 1, 3], { requiresGrad: true })
      F.pad(input, pads, options).sum().backward()
      expect(input.grad?.toArray()).toEqual([[want]])
    },
  )
  it('of no images are none', () => {
    const input = zeros([0, 2, 3], { requiresGrad: true })
    F.pad(input, [1, 1], { mode: 'circular' }).sum().backward()
    expect(input.grad?.shape).toEqual([0, 2, 3])
  })
})

describe('errors', () => {
  const image = zeros([1, 2, 3, 4])
  const run = (pads: unknown, options?: object) => () => F.pad(image, pads as number[], options)
  it('name padding that is too wide', () => {
    throws(
      run([4, 0], { mode: 'reflect' }),
      ShapeError,
      'pad: expected one to three padded dimensions behind one or two others with mode "reflect", got 1 behind 3; ' +
        'input [1, 2, 3, 4]',
    )
    throws(
      run([0, 4, 0, 0], { mode: 'reflect' }),
      ShapeError,
      'pad: expected reflect padding smaller than the size, got 4 for size 4 of dimension 3; input [1, 2, 3, 4]',
    )
    throws(
      run([0, 0, 4, 0], { mode: 'circular' }),
      ShapeError,
      'pad: expected circular padding no larger than the size, got 4 for size 3 of dimension 2; input [1, 2, 3, 4]',
    )
    throws(
      run([-2, 3, 0, 0], { mode: 'circular' }),
      ShapeError,
      'pad: expected circular padding no larger than the size, got 3 for size 2 of dimension 3; input [1, 2, 3, 4]',
    )
  })
  it('name padding that leaves nothing', () => {
    throws(
      run([-3, -2]),
      ShapeError,
      'pad: expected padding that leaves a size of at least 0, got -3 and -2 of dimension 3; input [1, 2, 3, 4]',
    )
    throws(
      run([-2, -2, 0, 0], { mode: 'replicate' }),
      ShapeError,
      'pad: expected padding that leaves elements, got -2 and -2 of dimension 3; input [1, 2, 3, 4]',
    )
    throws(
      () => F.pad(zeros([2, 3, 0]), [1, 1], { mode: 'replicate' }),
      ShapeError,
      'pad: expected padding that leaves elements, got 1 and 1 of dimension 2; input [2, 3, 0]',
    )
  })
  it('name pads that are no pairs of integers', () => {
    throws(
      run([1]),
      ShapeError,
      'pad: expected pairs of pads for at most 4 dimensions, got 1 numbers; input [1, 2, 3, 4]',
    )
    throws(
      () => F.pad(zeros([2]), [1, 1, 1, 1]),
      ShapeError,
      'pad: expected pairs of pads for at most 1 dimensions, got 4 numbers; input [2]',
    )
    throws(
      run([1, 0.5]),
      RangeError,
      `pad: expected pads[1] to be an integer of at least ${Number.MIN_SAFE_INTEGER}, got 0.5`,
    )
    throws(run(1), DTypeError, 'pad: expected pads such as [left, right, top, bottom], got 1')
  })
  it('name modes and values', () => {
    throws(
      run([1, 1], { mode: 'mirror' }),
      RangeError,
      'pad: expected mode to be one of "constant", "reflect", "replicate", "circular", got "mirror"',
    )
    throws(
      run([1, 1, 1, 1], { mode: 'reflect', value: 3 }),
      RangeError,
      'pad: expected a value only with mode "constant", got 3 with mode "reflect"',
    )
    throws(run([1, 1], { fill: 3 }), RangeError, 'pad: expected options mode, value, got "fill"')
  })
})
