import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { arange, tensor, zeros } from '../../lib/index.ts'

describe('toString', () => {
  it('prints whole numbers with a point and decimals with four digits, aligned', () => {
    expect(String(tensor([1, -2]))).toBe('tensor([ 1., -2.])')
    expect(
      String(
        tensor([
          [1, 2.5],
          [-3, 10],
        ]),
      ),
    ).toBe('tensor([[ 1.0000,  2.5000],\n        [-3.0000, 10.0000]])')
  })
  it('prints single numbers, nothing, infinities and NaN', () => {
    expect(String(tensor(0.5))).toBe('tensor(0.5000)')
    expect(String(zeros([0, 3]))).toBe('tensor([], shape=[0, 3])')
    expect(String(tensor([1, Number.NaN, Number.POSITIVE_INFINITY]))).toBe('tensor([ 1., nan, inf])')
  })
  it('turns to scientific notation when one scale cannot show all', () => {
    expect(String(tensor([1e-5, 1]))).toBe('tensor([1.0000e-05, 1.0000e+00])')
  })
  it('names other element types and what gradients do', () => {
    expect(String(tensor([1, 20], { dtype: 'int32' }))).toBe('tensor([ 1, 20], dtype=int32)')
    expect(String(tensor([3n]))).toBe('tensor([3], dtype=int64)')
    const leaf = tensor([1], { requiresGrad: true })
    expect(String(leaf)).toBe('tensor([1.], requiresGrad=true)')
    expect(String(leaf.mul(2))).toBe('tensor([2.], gradFn=mul)')
  })
  it('separates matrices by a blank line', () => {
    expect(String(zeros([2, 1, 1]))).toBe('tensor([[[0.]],\n\n        [[0.]]])')
  })
  it('shows the ends of large tensors only', () => {
    expect(String(arange(2000))).toBe('tensor([   0,    1,    2, ..., 1997, 1998, 1999], shape=[2000], dtype=int64)')
  })
  it('is what the console shows', () => {
    expect(inspect(tensor([1]))).toBe('tensor([1.])')
  })
})
