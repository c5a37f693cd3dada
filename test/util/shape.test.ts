import { describe, expect, it } from 'vitest'
import { RangeError, ShapeError } from '../../lib/util/errors.ts'
import {
  broadcastShapes,
  checkShape,
  formatShape,
  inferShape,
  normalizeDim,
  normalizeDims,
  rowMajorStrides,
  sizeOf,
} from '../../lib/util/shape.ts'
import { throws } from './throws.ts'

describe('sizes and strides', () => {
  it('count elements, one for a single number', () => {
    expect([sizeOf([]), sizeOf([3]), sizeOf([2, 0, 4])]).toEqual([1, 3, 0])
  })
  it('are row-major', () => {
    expect(rowMajorStrides([2, 3, 4])).toEqual([12, 4, 1])
  })
  it('print as a list', () => {
    expect(formatShape([2, 3])).toBe('[2, 3]')
  })
})

describe('checkShape', () => {
  it('refuses sizes that are no counts', () => {
    throws(
      () => checkShape('zeros', [2, -1]),
      ShapeError,
      'zeros: expected a shape of non-negative integers, got [2, -1]',
    )
    throws(() => checkShape('zeros', [1.5]), ShapeError, 'zeros: expected a shape of non-negative integers, got [1.5]')
  })
  it('refuses more elements than can be counted', () => {
    const size = 2 ** 40
    throws(
      () => checkShape('zeros', [size, size]),
      ShapeError,
      `zeros: shape [${size}, ${size}] has more elements than can be counted`,
    )
  })
})

describe('normalizeDim', () => {
  it('counts from the end', () => {
    expect([normalizeDim('sum', -1, 3), normalizeDim('sum', 0, 3), normalizeDim('sum', -1, 0)]).toEqual([2, 0, 0])
  })
  it('refuses what does not exist', () => {
    throws(() => normalizeDim('sum', 3, 3), RangeError, 'sum: expected a dimension from -3 to 2, got 3')
    throws(() => normalizeDim('sum', 0.5, 3), RangeError, 'sum: expected a dimension from -3 to 2, got 0.5')
  })
  it('sorts several and refuses a repeated one', () => {
    expect(normalizeDims('sum', [-1, 0], 3)).toEqual([0, 2])
    expect(normalizeDims('sum', undefined, 3)).toEqual([0, 1, 2])
    throws(() => normalizeDims('sum', [0, -3], 3), RangeError, 'sum: dimension 0 is named twice')
  })
})

describe('broadcastShapes', () => {
  it('aligns at the end and stretches ones', () => {
    expect(broadcastShapes('add', [4, 1, 3], [2, 1])).toEqual([4, 2, 3])
    expect(broadcastShapes('add', [], [0])).toEqual([0])
  })
  it('names the dimension that does not fit', () => {
    throws(
      () => broadcastShapes('add', [2, 3], [2, 4]),
      ShapeError,
      'add: expected sizes that agree or are 1 in dimension -1, got 3 and 4; shapes [2, 3], [2, 4]',
    )
  })
})

describe('inferShape', () => {
  it('fills in one size', () => {
    expect(inferShape('reshape', [2, -1], 6, [6])).toEqual([2, 3])
  })
  it('refuses what cannot be', () => {
    throws(
      () => inferShape('reshape', [-1, -1], 6, [6]),
      ShapeError,
      'reshape: expected at most one -1 in the shape, got [-1, -1]',
    )
    throws(
      () => inferShape('reshape', [4, -1], 6, [6]),
      ShapeError,
      'reshape: expected a shape of 6 elements, got [4, -1]; input [6]',
    )
    throws(
      () => inferShape('reshape', [5], 6, [2, 3]),
      ShapeError,
      'reshape: expected a shape of 6 elements, got [5]; input [2, 3]',
    )
    throws(
      () => inferShape('reshape', [0, -1], 0, [0]),
      ShapeError,
      'reshape: expected a shape of 0 elements, got [0, -1]; input [0]',
    )
  })
})
