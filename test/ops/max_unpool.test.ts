import { describe, expect, it } from 'vitest'
import { DTypeError, functional as F, memory, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

describe('max unpooling', () => {
  it('puts maxima back to where they were', () => {
    const x = tensor([[[1, 3, 2, 6]]])
    const [values, indices] = F.maxPool1d(x, 2, { returnIndices: true })
    expect(F.maxUnpool1d(values, indices, 2).toArray()).toEqual([[[0, 3, 0, 6]]])
    for (const [rank, pool, unpool] of [
      [1, F.maxPool1d, F.maxUnpool1d],
      [2, F.maxPool2d, F.maxUnpool2d],
      [3, F.maxPool3d, F.maxUnpool3d],
    ] as const) {
      const shape = [2, 3, 6, 4, 6].slice(0, rank + 2)
      for (const input of [randn(shape), randn(shape.slice(1))]) {
        const [maxima, where] = pool(input, 2, { returnIndices: true })
        const restored = unpool(maxima, where, 2)
        expect(restored.shape).toEqual(input.shape)
        // What is left of the input are its maxima, in their places.
        expect(pool(restored, 2).equal(F.relu(maxima))).toBe(true)
        expect(restored.mul(restored.sub(input)).abs().sum().item()).toBe(0)
      }
    }
  })
  it('takes the size of an odd image, alone or with batch and channels', () => {
    const x = randn([1, 2, 5, 7])
    const [values, indices] = F.maxPool2d(x, 2, { returnIndices: true })
    const whole = F.maxUnpool2d(values, indices, 2, { outputSize: x.shape })
    expect(whole.equal(F.maxUnpool2d(values, indices, 2, { outputSize: [5, 7] }))).toBe(true)
    expect(whole.mul(whole.sub(x)).abs().sum().item()).toBe(0)
  })
  it('takes int64 indices, and lets the last of several stay', () => {
    const indices = tensor([[[1, 1]]], { dtype: 'int64' })
    expect(F.maxUnpool1d(tensor([[[5, 6]]]), indices, 2).toArray()).toEqual([[[0, 6, 0, 0]]])
  })
  it('differentiates', () => {
    const indices = tensor([[[3, 0, 4]]], { dtype: 'int32' })
    checkGrads((x) => F.maxUnpool1d(x, indices, 2).square(), [randn([1, 1, 3], { requiresGrad: true })])
    const [, where] = F.maxPool2d(randn([2, 4, 6]), 2, { returnIndices: true })
    checkGrads((x) => F.maxUnpool2d(x, where, 2).square(), [randn([2, 2, 3], { requiresGrad: true })])
  })
})

describe('errors', () => {
  const ones = zeros([1, 1, 2, 2]).add(1)
  const at = (...indices: number[]) => tensor(Int32Array.from(indices), { shape: [1, 1, 2, 2] })
  it('name an index outside the output, and leave nothing behind', () => {
    const indices = at(0, 1, 16, 3)
    const before = memory().storages
    throws(
      () => F.maxUnpool2d(ones, indices, 2),
      RangeError,
      'maxUnpool2d: expected indices from 0 to 15, got 16; indices [1, 1, 2, 2], output [1, 1, 4, 4]',
    )
    expect(memory().storages).toBe(before)
    throws(
      () => F.maxUnpool2d(ones, at(0, 1, -1, 3), 2),
      RangeError,
      'maxUnpool2d: expected indices from 0 to 15, got -1; indices [1, 1, 2, 2], output [1, 1, 4, 4]',
    )
  })
  it('name shapes and types', () => {
    throws(
      () => F.maxUnpool2d(ones, zeros([1, 1, 2, 1], { dtype: 'int32' }), 2),
      ShapeError,
      "maxUnpool2d: expected indices of the input's shape; input [1, 1, 2, 2], indices [1, 1, 2, 1]",
    )
    throws(
      () => F.maxUnpool2d(ones, ones, 2),
      DTypeError,
      'maxUnpool2d: expected indices to be int32 or int64, got float32',
    )
  })
  it('name an output size that no pooling has come from', () => {
    throws(
      () => F.maxUnpool2d(ones, at(0, 1, 2, 3), 2, { outputSize: [4, 6] }),
      RangeError,
      'maxUnpool2d: expected outputSize[1] from 3 to 5, got 6; input [1, 1, 2, 2]',
    )
    throws(
      () => F.maxUnpool2d(ones, at(0, 1, 2, 3), 2, { outputSize: [4] }),
      ShapeError,
      'maxUnpool2d: expected outputSize of 2 or 4 sizes, got [4]; input [1, 1, 2, 2]',
    )
    throws(
      () => F.maxUnpool2d(ones, at(0, 1, 2, 3), 2, { dilation: 2 } as never),
      RangeError,
      'maxUnpool2d: expected options stride, padding, outputSize, got "dilation"',
    )
  })
})
