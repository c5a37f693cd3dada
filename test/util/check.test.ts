import { describe, expect, it } from 'vitest'
import {
  checkChoice,
  checkFinite,
  checkInteger,
  checkNonNegative,
  checkOptions,
  checkUnitInterval,
  describe as describeValue,
  toPair,
} from '../../lib/util/check.ts'
import { DTypeError, RangeError } from '../../lib/util/errors.ts'
import { throws } from './throws.ts'

describe('hyper-parameters', () => {
  it('must be finite', () => {
    expect(checkFinite('op', 'momentum', -1)).toBe(-1)
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '1' as never]) {
      throws(
        () => checkFinite('op', 'momentum', value),
        RangeError,
        `op: expected momentum to be a finite number, got ${typeof value === 'string' ? '"1"' : value}`,
      )
    }
  })
  it('must be at least 0', () => {
    expect(checkNonNegative('op', 'eps', 0)).toBe(0)
    for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      throws(
        () => checkNonNegative('op', 'eps', value),
        RangeError,
        `op: expected eps to be a finite number of at least 0, got ${value}`,
      )
    }
  })
  it('must be a probability', () => {
    expect([checkUnitInterval('op', 'p', 0), checkUnitInterval('op', 'p', 1)]).toEqual([0, 1])
    for (const value of [-0.1, 1.1, Number.NaN]) {
      throws(
        () => checkUnitInterval('op', 'p', value),
        RangeError,
        `op: expected p to lie between 0 and 1, got ${value}`,
      )
    }
  })
  it('must be an integer with a bound', () => {
    expect(checkInteger('op', 'n', 1, 1)).toBe(1)
    for (const value of [0, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      throws(
        () => checkInteger('op', 'n', value, 1),
        RangeError,
        `op: expected n to be an integer of at least 1, got ${value}`,
      )
    }
  })
})

describe('toPair', () => {
  it('repeats a number and keeps a pair', () => {
    expect([toPair('op', 'stride', 2, 1), toPair('op', 'stride', [1, 3], 1)]).toEqual([
      [2, 2],
      [1, 3],
    ])
  })
  it('refuses anything else', () => {
    throws(
      () => toPair('op', 'stride', [1, 2, 3], 1),
      DTypeError,
      'op: expected stride to be a number or [height, width], got [1, 2, 3]',
    )
    throws(
      () => toPair('op', 'stride', [1, 0], 1),
      RangeError,
      'op: expected stride[1] to be an integer of at least 1, got 0',
    )
  })
})

describe('names', () => {
  it('must be known', () => {
    throws(
      () => checkChoice('op', 'reduction', 'avg' as 'mean', ['mean', 'sum']),
      RangeError,
      'op: expected reduction to be one of "mean", "sum", got "avg"',
    )
    throws(
      () => checkOptions('op', { strid: 2 }, ['stride', 'padding']),
      RangeError,
      'op: expected options stride, padding, got "strid"',
    )
  })
  it('of values are readable', () => {
    const values = ['a', [1, 'b'], new Map(), null, undefined, 3n, () => 1]
    expect(values.map(describeValue)).toEqual([
      '"a"',
      '[1, "b"]',
      'an object of class Map',
      'null',
      'undefined',
      '3n',
      'a function',
    ])
  })
})
