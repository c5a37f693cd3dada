import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  functional as F,
  memory,
  noGrad,
  ones,
  RangeError,
  randn,
  ShapeError,
  type Tensor,
  zeros,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (shape: number[]) => randn(shape, { requiresGrad: true })

/** Group normalization without an affine map by its definition. */
function byDefinition(input: Tensor, groups: number): Tensor {
  const rows = input.reshape([input.shape[0], groups, -1])
  const centred = rows.sub(rows.mean(2, { keepdim: true }))
  return centred.div(centred.square().mean(2, { keepdim: true }).add(1e-5).sqrt()).reshape(input.shape)
}

describe('groupNorm', () => {
  it('follows its definition for any shape', () => {
    const shapes = fc.record({
      n: fc.integer({ min: 1, max: 4 }),
      groups: fc.integer({ min: 1, max: 6 }),
      width: fc.integer({ min: 1, max: 6 }),
      spatial: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
    })
    const property = fc.property(shapes, ({ n, groups, width, spatial }) => {
      const shape = [n, groups * width, ...spatial]
      fc.pre(width * spatial.reduce((a, b) => a * b, 1) > 1)
      const input = randn(shape)
      const weight = randn([groups * width])
      const bias = randn([groups * width])
      const perChannel = [groups * width, ...spatial.map(() => 1)]
      const want = byDefinition(input, groups).mul(weight.reshape(perChannel)).add(bias.reshape(perChannel))
      const output = F.groupNorm(input, groups, { weight, bias })
      expect(output.isContiguous('channelsLast')).toBe(true)
      expect(output.allclose(want, { rtol: 1e-4, atol: 1e-4 }), `shape ${shape}, ${groups} groups`).toBe(true)
    })
    fc.assert(property, { numRuns: 40, seed: 7 })
  })
  it('differentiates, with and without affine map, images in either order', () => {
    checkGrads(
      (x, weight, bias) => F.groupNorm(x, 2, { weight, bias, eps: 0.1 }),
      [leaf([2, 4, 2, 3]), leaf([4]), leaf([4])],
      1e-2,
    )
    checkGrads((x) => F.groupNorm(x, 3, { eps: 0.1 }), [leaf([3, 6])], 1e-2)
    checkGrads(
      (x) => F.groupNorm(x.contiguous({ memoryFormat: 'channelsLast' }), 1, { eps: 0.1 }),
      [leaf([1, 2, 2, 2])],
      1e-2,
    )
  })
  it('takes weights that lie apart in memory', () => {
    const input = randn([2, 3, 4])
    const weight = randn([6])
    const output = F.groupNorm(input, 3, { weight: weight.slice(0, 0, 6, 2), bias: weight.slice(0, 1, 6, 2) })
    const dense = { weight: weight.slice(0, 0, 6, 2).clone(), bias: weight.slice(0, 1, 6, 2).clone() }
    expect(output.equal(F.groupNorm(input, 3, dense))).toBe(true)
  })
  it('gives an empty batch back, and gradients of 0', () => {
    const weight = ones([4], { requiresGrad: true })
    const output = F.groupNorm(zeros([0, 4, 2]), 2, { weight })
    expect(output.shape).toEqual([0, 4, 2])
    output.sum().backward()
    expect(weight.grad?.toArray()).toEqual([0, 0, 0, 0])
  })
  it('makes zeros of a constant', () => {
    expect(
      F.groupNorm(ones([2, 2, 3]).mul(0.1), 1)
        .abs()
        .max()
        .item(),
    ).toBe(0)
  })
  it('gives all memory back', () => {
    const [input, weight] = [leaf([2, 4, 3, 3]), leaf([4])]
    const step = () => {
      const output = F.groupNorm(input, 2, { weight })
      const loss = output.sum()
      loss.backward()
      for (const one of [loss, output]) one.dispose()
      for (const one of [input, weight]) one.clearGrad()
      noGrad(() => F.groupNorm(input, 2, { weight })).dispose()
    }
    step()
    const before = memory().live
    step()
    expect(memory().live).toBe(before)
  })
})

describe('errors', () => {
  it('name channels that do not fall into groups', () => {
    throws(
      () => F.groupNorm(zeros([2, 3, 4]), 2),
      ShapeError,
      'groupNorm: expected channels divisible by numGroups 2, got 3; input [2, 3, 4]',
    )
    throws(
      () => F.groupNorm(zeros([2, 3]), 0),
      RangeError,
      'groupNorm: expected numGroups to be an integer of at least 1, got 0',
    )
  })
  it('name dimensions, types and shapes', () => {
    throws(
      () => F.groupNorm(zeros([3]), 3),
      ShapeError,
      'groupNorm: expected input of at least 2 dimensions [N, C, ...], got 1; input [3]',
    )
    throws(
      () => F.groupNorm(zeros([2, 3], { dtype: 'int32' }), 3),
      DTypeError,
      "groupNorm: expected input to be float32, got int32; input [2, 3]; convert it with to('float32')",
    )
    for (const name of ['weight', 'bias']) {
      throws(
        () => F.groupNorm(zeros([2, 3]), 3, { [name]: ones([2]) }),
        ShapeError,
        `groupNorm: expected ${name} of shape [3], got [2]; input [2, 3]`,
      )
    }
  })
  it('name a group of a single value, and the cure', () => {
    throws(
      () => F.groupNorm(zeros([1, 4, 1, 1]), 4),
      ShapeError,
      'groupNorm: expected more than 1 value per group, got input [1, 4, 1, 1] in 4 groups; use fewer groups',
    )
  })
  it('name options', () => {
    throws(
      () => F.groupNorm(zeros([2, 3]), 3, { eps: -1 }),
      RangeError,
      'groupNorm: expected eps to be a finite number of at least 0, got -1',
    )
    throws(
      () => F.groupNorm(zeros([2, 3]), 3, { epsilon: 1 } as never),
      RangeError,
      'groupNorm: expected options weight, bias, eps, got "epsilon"',
    )
  })
})
