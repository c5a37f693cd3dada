import { describe, expect, it } from 'vitest'
import { record } from '../../lib/autograd/node.ts'
import { DTypeError, ones, randn, ShapeError, StateError, type Tensor, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const leaf = (values: number[]) => tensor(values, { requiresGrad: true })
const gradOf = (input: Tensor) => input.grad?.toArray()

describe('backward', () => {
  it('follows every path and adds up where they meet', () => {
    const x = leaf([1, 2, 3])
    const y = x.mul(x)
    y.add(y.mul(2)).add(x).sum().backward()
    expect(gradOf(x)).toEqual([7, 13, 19])
  })
  it('accumulates over several calls until the gradient is set to null', () => {
    const x = leaf([1, 2])
    for (let i = 0; i < 3; i++) x.mul(2).sum().backward()
    expect(gradOf(x)).toEqual([6, 6])
    x.grad = null
    x.sum().backward()
    expect(gradOf(x)).toEqual([1, 1])
  })
  it('starts from a given gradient', () => {
    const x = leaf([1, 2])
    x.mul(3).backward(tensor([1, 10]))
    expect(gradOf(x)).toEqual([3, 30])
  })
  it('adds to a gradient set by hand, whose elements may share memory', () => {
    const x = leaf([1, 2])
    x.grad = ones([1]).expand([2])
    x.mul(tensor([10, 20]))
      .sum()
      .backward()
    expect(gradOf(x)).toEqual([11, 21])
  })
  it('of a leaf is its own gradient', () => {
    const x = leaf([2])
    x.backward()
    expect(gradOf(x)).toEqual([1])
  })
  it('does not change a given gradient when it is added to', () => {
    const x = leaf([1, 1])
    const given = tensor([1, 2])
    x.add(x).backward(given)
    x.add(x).backward(given)
    expect([given.toArray(), gradOf(x)]).toEqual([
      [1, 2],
      [4, 8],
    ])
  })
  it('passes 10000 ops without a stack overflow', () => {
    const x = leaf([1])
    let y: Tensor = x
    for (let i = 0; i < 10000; i++) y = y.add(1)
    y.backward()
    expect(gradOf(x)).toEqual([1])
  })
  it('reaches no tensor that does not ask for it', () => {
    const x = leaf([1])
    const constant = tensor([5])
    const output = x.mul(constant)
    output.backward()
    expect([constant.grad, output.grad, constant.requiresGrad]).toEqual([null, null, false])
  })
  it('gives a gradient in the order in memory of its leaf', () => {
    const image = randn([2, 3, 4, 4]).contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_()
    image.contiguous().mul(2).sum().backward()
    expect((image.grad as Tensor).strides).toEqual(image.strides)
    const row = randn([2, 3, 4, 4], { requiresGrad: true })
    row.contiguous({ memoryFormat: 'channelsLast' }).mul(2).sum().backward()
    expect((row.grad as Tensor).strides).toEqual(row.strides)
  })

  it('refuses a larger tensor without gradient', () => {
    throws(
      () => leaf([1, 2]).mul(2).backward(),
      ShapeError,
      'backward: expected a tensor of one element, or a gradient of shape [2] as the argument, got none; ' +
        'reduce with sum() or mean() first',
    )
  })
  it('refuses a gradient of another shape or element type', () => {
    throws(
      () =>
        leaf([1, 2])
          .mul(2)
          .backward(ones([3])),
      ShapeError,
      "backward: expected a gradient of the tensor's shape; tensor [2], gradient [3]",
    )
    throws(
      () =>
        leaf([1])
          .mul(2)
          .backward(tensor([1n])),
      DTypeError,
      'backward: expected a float32 gradient, got int64',
    )
  })
  it('refuses a tensor without gradient', () => {
    throws(
      () => zeros([1]).add(1).backward(),
      StateError,
      'backward: expected a tensor that requires gradients or was computed from one while gradients were recorded; tensor [1]',
    )
  })
  it('names the op whose gradient has a wrong shape', () => {
    const x = leaf([1, 2])
    const output = x.detach()
    record('twice', output, [x], null, () => [ones([3])])
    throws(() => output.backward(ones([2])), ShapeError, 'twice: backward gave gradient [3] for input 0 of shape [2]')
  })
})

describe('the graph', () => {
  it('is released by backward', () => {
    const x = leaf([1, 2])
    const loss = x.mul(x).sum()
    loss.backward()
    throws(
      () => loss.backward(),
      StateError,
      'backward: the graph was released by an earlier backward, at sum; pass { retainGraph: true } to the earlier one',
    )
    expect(gradOf(x)).toEqual([2, 4])
  })
  it('stays with retainGraph', () => {
    const x = leaf([1, 2])
    const loss = x.mul(x).sum()
    loss.backward(undefined, { retainGraph: true })
    loss.backward()
    expect(gradOf(x)).toEqual([4, 8])
    expect(() => loss.backward()).toThrow('the graph was released')
  })
  it('is checked as a whole before anything is added to a gradient', () => {
    const x = leaf([1])
    const trunk = x.mul(2)
    trunk.mul(3).backward()
    const other = leaf([1])
    expect(() => trunk.mul(other).backward()).toThrow('at mul')
    expect([gradOf(x), other.grad]).toEqual([[6], null])
  })
  it('ends at detach, which shares memory', () => {
    const x = leaf([3])
    const fixed = x.mul(2).detach()
    x.mul(fixed).backward()
    expect(gradOf(x)).toEqual([6])
    expect([fixed.requiresGrad, fixed.isLeaf]).toEqual([false, true])
    const view = x.detach()
    view.fill_(9)
    expect(x.item()).toBe(9)
  })
  it('refuses to read what was changed in place since', () => {
    const x = leaf([1, 2])
    const factor = tensor([3, 4])
    const loss = x.mul(factor).sum()
    factor.add_(1)
    throws(
      () => loss.backward(),
      StateError,
      'mul: a tensor needed for backward, of shape [2], has been modified by an in-place operation; ' +
        'it is at version 1, expected version 0',
    )
    expect(x.grad).toBeNull()
  })
  it('allows changes of what backward does not read', () => {
    const x = leaf([1, 2])
    const factor = tensor([3, 4])
    const loss = x.add(factor).sum()
    factor.add_(1)
    loss.backward()
    expect(gradOf(x)).toEqual([1, 1])
  })
})
