import { describe, expect, it } from 'vitest'
import { DTypeError, noGrad, RangeError, randn, ShapeError, StateError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (values: number[]) => tensor(values, { requiresGrad: true })

describe('contiguous', () => {
  it('returns the tensor itself when it lies right already', () => {
    const x = randn([2, 3, 4, 4])
    expect(x.contiguous()).toBe(x)
    const gray = randn([2, 1, 4, 4])
    expect(gray.contiguous({ memoryFormat: 'channelsLast' })).toBe(gray)
  })
  it('lays out 3 to 5 dimensions channels-last, with the same numbers', () => {
    for (const shape of [
      [2, 3, 4],
      [2, 3, 4, 5],
      [2, 3, 2, 2, 2],
    ]) {
      const x = randn(shape)
      const y = x.contiguous({ memoryFormat: 'channelsLast' })
      expect([y.strides[1], y.isContiguous('channelsLast'), y.equal(x)]).toEqual([1, true, true])
    }
  })
  it('passes gradients', () => {
    checkGrads((x) => x.t().contiguous().square(), [randn([2, 3], { requiresGrad: true })])
  })
  it('refuses unknown orders and too few dimensions', () => {
    throws(
      () => zeros([1]).contiguous({ memoryFormat: 'nhwc' as never }),
      RangeError,
      'contiguous: expected memoryFormat to be one of "rowMajor", "channelsLast", got "nhwc"',
    )
    throws(
      () => zeros([2, 3]).contiguous({ memoryFormat: 'channelsLast' }),
      ShapeError,
      'contiguous: expected at least 3 dimensions for channelsLast, got 2; input [2, 3]',
    )
  })
})

describe('clone', () => {
  it('has its own memory in the same order', () => {
    const x = randn([2, 3]).t()
    const y = x.clone()
    expect([y.strides, y.equal(x)]).toEqual([x.strides, true])
    y.fill_(0)
    expect(x.equal(y)).toBe(false)
  })
  it('passes gradients', () => {
    checkGrads((x) => x.clone().square(), [leaf([1, 2])])
  })
})

describe('to', () => {
  it('converts, cutting fractions and wrapping integers', () => {
    expect(tensor([1.7, -1.7]).to('int32').toArray()).toEqual([1, -1])
    expect(tensor([300], { dtype: 'int32' }).to('uint8').toArray()).toEqual([44])
    expect(tensor([3n]).to('float32').toArray()).toEqual([3])
    expect(
      tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { dtype: 'int32' },
      )
        .t()
        .to('int64')
        .toArray(),
    ).toEqual([
      [1n, 3n],
      [2n, 4n],
    ])
    expect(tensor([1, 2, 3, 4]).slice(0, 1, 4, 2).to('int32').toArray()).toEqual([2, 4])
  })
  it('returns the tensor itself for its own type', () => {
    const x = leaf([1])
    expect(x.to('float32')).toBe(x)
    throws(() => x.to('half' as never), DTypeError, 'to: expected a dtype of float32, int32, uint8, int64, got "half"')
  })
})

describe('copy_', () => {
  it('overwrites with broadcasting and conversion', () => {
    expect(
      zeros([2, 2])
        .copy_(tensor([1, 2]))
        .toArray(),
    ).toEqual([
      [1, 2],
      [1, 2],
    ])
    expect(
      zeros([2], { dtype: 'int64' })
        .copy_(tensor([1.5, 2]))
        .toArray(),
    ).toEqual([1n, 2n])
    const x = tensor([1, 2, 3])
    x.slice(0, 1).copy_(x.slice(0, 0, 2))
    expect(x.toArray()).toEqual([1, 1, 2])
  })
  it('passes gradients to the source and none to what it overwrote', () => {
    const x = leaf([1, 2])
    const source = leaf([3])
    const y = x.mul(2)
    y.copy_(source)
    y.mul(tensor([1, 10]))
      .sum()
      .backward()
    expect([x.grad, source.grad?.toArray()]).toEqual([null, [11]])
  })
  it('refuses sources that do not broadcast and anything but tensors', () => {
    throws(
      () => zeros([2]).copy_(zeros([3])),
      ShapeError,
      'copy_: expected sizes that agree or are 1 in dimension -1, got 2 and 3; shapes [2], [3]',
    )
    throws(() => zeros([2]).copy_(1 as never), DTypeError, 'copy_: expected a tensor; use fill_ for a number')
  })
  it('refuses a leaf under recording, and works under noGrad', () => {
    const x = leaf([1, 2])
    expect(() => x.copy_(zeros([2]))).toThrow(StateError)
    noGrad(() => x.copy_(tensor([5, 6])))
    expect(x.toArray()).toEqual([5, 6])
  })
})

describe('fill_ and zero_', () => {
  it('overwrite every element', () => {
    expect(zeros([2]).fill_(3).toArray()).toEqual([3, 3])
    expect(zeros([2], { dtype: 'int64' }).fill_(3n).toArray()).toEqual([3n, 3n])
    expect(tensor([1, 2]).zero_().toArray()).toEqual([0, 0])
  })
  it('cut the graph', () => {
    const x = leaf([1, 2])
    const y = x.mul(2)
    y.fill_(4)
    y.sum().backward()
    expect([y.toArray(), x.grad]).toEqual([[4, 4], null])
  })
})
