import { describe, expect, it } from 'vitest'
import {
  arange,
  DTypeError,
  empty,
  eye,
  full,
  linspace,
  ones,
  onesLike,
  RangeError,
  ShapeError,
  type TensorData,
  tensor,
  zeros,
  zerosLike,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

describe('tensor', () => {
  it('takes nested arrays of numbers as float32', () => {
    const made = tensor([
      [1, 2.5, 3],
      [4, 5, 6],
    ])
    expect([made.shape, made.strides, made.dtype, made.ndim, made.size]).toEqual([[2, 3], [3, 1], 'float32', 2, 6])
    expect(made.toArray()).toEqual([
      [1, 2.5, 3],
      [4, 5, 6],
    ])
  })

  it('takes a number, an empty array and empty rows', () => {
    expect([tensor(3).shape, tensor(3).item()]).toEqual([[], 3])
    expect(tensor([]).shape).toEqual([0])
    expect([tensor([[], []]).shape, tensor([[], []]).toArray()]).toEqual([
      [2, 0],
      [[], []],
    ])
  })

  it('chooses the element type by the data', () => {
    const data: [TensorData, string][] = [
      [Float32Array.of(1), 'float32'],
      [Float64Array.of(1), 'float32'],
      [Int32Array.of(1), 'int32'],
      [Uint8Array.of(1), 'uint8'],
      [BigInt64Array.of(1n), 'int64'],
      [[1n], 'int64'],
      [[true, false], 'uint8'],
    ]
    for (const [values, dtype] of data) expect(tensor(values).dtype).toBe(dtype)
  })

  it('arranges data in a shape with one size left open', () => {
    expect(tensor(new Float32Array(6), { shape: [2, -1] }).shape).toEqual([2, 3])
  })

  it('copies the data', () => {
    const values = Float32Array.of(1, 2)
    const made = tensor(values)
    values[0] = 9
    expect(made.toArray()).toEqual([1, 2])
  })

  it('converts to the element type asked for, cutting fractions', () => {
    expect(tensor([1.9, -1.9], { dtype: 'int32' }).toArray()).toEqual([1, -1])
    expect(tensor([1, 2], { dtype: 'int64' }).toArray()).toEqual([1n, 2n])
    expect(tensor(BigInt64Array.of(3n), { dtype: 'float32' }).toArray()).toEqual([3])
  })

  it('refuses ragged nesting', () => {
    throws(
      () => tensor([[1, 2], [3]]),
      ShapeError,
      'tensor: expected nested arrays of equal lengths, an array of length 2 at depth 1, got an array of length 1; ' +
        'the first elements have shape [2, 2]',
    )
    throws(
      () => tensor([[1], 2]),
      ShapeError,
      'tensor: expected nested arrays of equal lengths, an array of length 1 at depth 1, got a single value; ' +
        'the first elements have shape [2, 1]',
    )
    throws(
      () => tensor([1, [2]]),
      ShapeError,
      'tensor: expected nested arrays of equal lengths, a single value at depth 1, got an array of length 1; ' +
        'the first elements have shape [2]',
    )
  })

  it('refuses data that is no numbers', () => {
    throws(() => tensor(['1'] as never), DTypeError, 'tensor: expected numbers, bigints or booleans, got string')
    throws(() => tensor([null] as never), DTypeError, 'tensor: expected numbers, bigints or booleans, got null')
    throws(() => tensor([1, 2n] as never), DTypeError, 'tensor: expected one kind of value, got number and bigint')
    throws(
      () => tensor(new Map() as never),
      DTypeError,
      'tensor: expected numbers, nested arrays or a typed array, got an object of class Map',
    )
    throws(
      () => tensor(Int16Array.of(1) as never),
      DTypeError,
      'tensor: expected a Float32Array, Float64Array, Int32Array, Uint8Array or BigInt64Array, got a Int16Array',
    )
  })

  it('refuses data that does not fill the shape', () => {
    throws(
      () => tensor([1, 2, 3], { shape: [2, 2] }),
      ShapeError,
      'tensor: expected a shape of 4 elements, got [2, 2]; input [3]'.replace('4', '3'),
    )
  })

  it('refuses numbers that do not fit', () => {
    throws(
      () => tensor([1, 300], { dtype: 'uint8' }),
      RangeError,
      'tensor: expected values that fit uint8, got 300 at position 1',
    )
    throws(
      () => tensor([Number.NaN], { dtype: 'int32' }),
      RangeError,
      'tensor: expected values that fit int32, got NaN at position 0',
    )
    throws(
      () => tensor([2n ** 63n]),
      RangeError,
      'tensor: expected values that fit int64, got 9223372036854775808n at position 0',
    )
  })

  it('refuses unknown element types and gradients of integers', () => {
    throws(
      () => tensor([1], { dtype: 'float64' as never }),
      DTypeError,
      'tensor: expected a dtype of float32, int32, uint8, int64, got "float64"',
    )
    throws(
      () => tensor([1], { dtype: 'int32', requiresGrad: true }),
      DTypeError,
      'tensor: expected float32 for a tensor that requires gradients, got int32',
    )
  })
})

describe('filled tensors', () => {
  it('hold one value', () => {
    expect(zeros([2]).toArray()).toEqual([0, 0])
    expect(ones([2], { dtype: 'int64' }).toArray()).toEqual([1n, 1n])
    expect(full([1, 2], 7).toArray()).toEqual([[7, 7]])
    expect(full([2], 3n, { dtype: 'int64' }).toArray()).toEqual([3n, 3n])
    expect(full([2], 200, { dtype: 'uint8' }).toArray()).toEqual([200, 200])
    expect(full([0, 3], 1).toArray()).toEqual([])
  })
  it('may require gradients', () => {
    expect([zeros([1]).requiresGrad, zeros([1], { requiresGrad: true }).requiresGrad]).toEqual([false, true])
  })
  it('need no values when empty', () => {
    expect(empty([2, 3]).shape).toEqual([2, 3])
  })
  it('follow another tensor in shape, type and order in memory', () => {
    const image = ones([1, 2, 2, 2]).contiguous({ memoryFormat: 'channelsLast' })
    expect(zerosLike(image).strides).toEqual([8, 1, 4, 2])
    expect(onesLike(tensor([1n, 2n])).toArray()).toEqual([1n, 1n])
    expect(onesLike(tensor([1n]), { dtype: 'float32', requiresGrad: true }).requiresGrad).toBe(true)
  })
  it('refuse what is no shape', () => {
    throws(() => zeros(3 as never), ShapeError, 'zeros: expected a shape such as [2, 3], got 3')
    throws(() => ones([-1]), ShapeError, 'ones: expected a shape of non-negative integers, got [-1]')
  })
})

describe('arange', () => {
  it('counts as PyTorch does: int64 for integers, else float32', () => {
    expect([arange(3).dtype, arange(3).toArray()]).toEqual(['int64', [0n, 1n, 2n]])
    expect(arange(1, 7, { step: 2 }).toArray()).toEqual([1n, 3n, 5n])
    expect(arange(3, 0, { step: -2, dtype: 'float32' }).toArray()).toEqual([3, 1])
    expect([arange(0, 1, { step: 0.25 }).dtype, arange(0, 1, { step: 0.25 }).toArray()]).toEqual([
      'float32',
      [0, 0.25, 0.5, 0.75],
    ])
  })
  it('refuses a step that leads nowhere', () => {
    throws(() => arange(0, 3, { step: 0 }), RangeError, 'arange: expected a step that leads from 0 to 3, got 0')
    throws(() => arange(0, 3, { step: -1 }), RangeError, 'arange: expected a step that leads from 0 to 3, got -1')
    throws(() => arange(Number.NaN), RangeError, 'arange: expected end to be a finite number, got NaN')
  })
})

describe('linspace and eye', () => {
  it('space numbers evenly with exact ends', () => {
    expect(linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(linspace(2, 5, 1).toArray()).toEqual([2])
    throws(() => linspace(0, 1, -1), RangeError, 'linspace: expected steps to be an integer of at least 0, got -1')
  })
  it('put ones on the diagonal', () => {
    expect(eye(2, { columns: 3 }).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ])
  })
})
