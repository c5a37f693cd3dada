import { describe, expect, it } from 'vitest'
import {
  add,
  DTypeError,
  div,
  maximum,
  minimum,
  mul,
  ones,
  pow,
  RangeError,
  randn,
  ShapeError,
  StateError,
  sub,
  tensor,
  zeros,
} from '../../lib/index.ts'
import { binaryInteger } from '../../lib/ops/integer.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const leaf = (values: number[], shape: number[] = [values.length]) => tensor(values, { shape, requiresGrad: true })
const methods = ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum'] as const
const functions = { add, sub, mul, div, pow, maximum, minimum }
const plain: Record<(typeof methods)[number], (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  maximum: Math.max,
  minimum: Math.min,
}
const a6 = [0.5, 1.2, 2.1, 0.8, 1.9, 0.3]
const b3 = [1.4, 0.7, 1.1]
const close = (values: number[]) => values.map((value) => expect.closeTo(value, 4))

describe.each(methods)('%s', (op) => {
  const run = functions[op]
  const f = plain[op]
  it('broadcasts', () => {
    const output = run(tensor(a6, { shape: [2, 3] }), tensor(b3))
    expect([output.shape, [...output.toTypedArray()]]).toEqual([[2, 3], close(a6.map((a, i) => f(a, b3[i % 3])))])
    const outer = run(tensor(b3, { shape: [3, 1] }), tensor(a6))
    expect([outer.shape, outer.toTypedArray()[7]]).toEqual([[3, 6], expect.closeTo(f(b3[1], a6[1]), 4)])
  })
  it('takes numbers on either side', () => {
    expect([...run(tensor(b3), 2).toTypedArray()]).toEqual(close(b3.map((b) => f(b, 2))))
    expect([...run(2, tensor(b3)).toTypedArray()]).toEqual(close(b3.map((b) => f(2, b))))
    const gaps = tensor(a6).slice(0, 0, 6, 2)
    expect([...run(gaps, 2).toTypedArray()]).toEqual(close([0.5, 2.1, 1.9].map((a) => f(a, 2))))
  })
  it('differentiates, broadcasts and numbers included', () => {
    checkGrads(run, [leaf(a6, [2, 3]), leaf(b3)])
    checkGrads(run, [leaf(b3, [3, 1]), leaf(a6, [1, 6])])
    checkGrads((a) => run(a, 1.3), [leaf(a6)])
    checkGrads((a) => run(1.3, a), [leaf(a6)])
  })
  it('works in place and keeps the graph', () => {
    const target = tensor(a6, { shape: [2, 3] })
    expect(target[`${op}_`](tensor(b3))).toBe(target)
    expect([...target.toTypedArray()]).toEqual(close(a6.map((a, i) => f(a, b3[i % 3]))))
    expect([...tensor(b3)[`${op}_`](2).toTypedArray()]).toEqual(close(b3.map((b) => f(b, 2))))
    checkGrads((a, b) => a.mul(1.1)[`${op}_`](b).mul(2), [leaf(a6, [2, 3]), leaf(b3)], 1e-2)
    checkGrads((a) => a.mul(1.1)[`${op}_`](1.5).mul(2), [leaf(a6)], 1e-2)
    const buffer = zeros([3]).add(0.9)
    checkGrads((b) => buffer.clone()[`${op}_`](b).mul(2), [leaf(b3)], 1e-2)
  })
})

describe('the order in memory of a result', () => {
  const image = randn([2, 3, 4, 5]).contiguous({ memoryFormat: 'channelsLast' })
  it('is that of the first operand with the full shape', () => {
    expect(image.add(image).strides).toEqual(image.strides)
    expect(image.mul(randn([3, 1, 1])).strides).toEqual(image.strides)
    expect(randn([3, 1, 1]).mul(image).strides).toEqual(image.strides)
    expect(image.add(randn([2, 3, 4, 5])).strides).toEqual(image.strides)
  })
  it('does not change the numbers', () => {
    const row = image.contiguous()
    const other = randn([2, 3, 4, 5])
    expect(image.mul(other).toArray()).toEqual(row.mul(other).toArray())
  })
})

describe('edges', () => {
  it('of powers have the gradients of PyTorch', () => {
    const base = leaf([0, 0, 2])
    const exponent = leaf([0, 2, 0])
    base.pow(exponent).sum().backward()
    expect(base.grad?.toArray()).toEqual([0, 0, 0])
    expect(exponent.grad?.toArray()).toEqual([0, 0, expect.closeTo(Math.log(2), 5)])
    const zero = leaf([0])
    zero.pow(0).backward()
    expect(zero.grad?.toArray()).toEqual([0])
  })
  it('of extrema share the gradient at ties and pass NaN on', () => {
    const x = leaf([1, 2, 3])
    const y = leaf([1, 5, 0])
    x.maximum(y).sum().backward()
    expect([x.grad?.toArray(), y.grad?.toArray()]).toEqual([
      [0.5, 0, 1],
      [0.5, 1, 0],
    ])
    expect(tensor([Number.NaN]).maximum(1).item()).toBeNaN()
    expect(
      tensor([1])
        .minimum(tensor([Number.NaN]))
        .item(),
    ).toBeNaN()
  })
  it('of empty tensors are empty', () => {
    expect([zeros([0, 3]).add(1).shape, zeros([0, 3]).mul(ones([3])).shape]).toEqual([
      [0, 3],
      [0, 3],
    ])
  })
  it('x.mul(x) counts both factors', () => {
    const x = leaf([3])
    x.mul(x).backward()
    expect(x.grad?.item()).toBe(6)
  })
  it('x.add_(x.t()) reads before it writes', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ])
    x.add_(x.t())
    expect(x.toArray()).toEqual([
      [2, 5],
      [5, 8],
    ])
  })
})

describe('integers', () => {
  const int32 = (values: number[]) => tensor(values, { dtype: 'int32' })
  it('stay whole among themselves, in the wider type', () => {
    expect(
      int32([1, 2])
        .add(int32([3, 4]))
        .toArray(),
    ).toEqual([4, 6])
    const wide = int32([1, 2]).mul(tensor([3n, 4n]))
    expect([wide.dtype, wide.toArray()]).toEqual(['int64', [3n, 8n]])
    const narrow = tensor([250, 3], { dtype: 'uint8' }).add(tensor([10, 1], { dtype: 'uint8' }))
    expect([narrow.dtype, narrow.toArray()]).toEqual(['uint8', [4, 4]])
    expect(
      int32([2 ** 31 - 1])
        .add(1)
        .toArray(),
    ).toEqual([-(2 ** 31)])
    expect(
      int32([7, 2])
        .sub(int32([[1], [2]] as never))
        .toArray(),
    ).toEqual([
      [6, 1],
      [5, 0],
    ])
    expect(int32([2, 3]).pow(3).toArray()).toEqual([8, 27])
    expect(
      int32([2, 3])
        .maximum(int32([3, 1]))
        .toArray(),
    ).toEqual([3, 3])
    expect(sub(10, int32([1])).toArray()).toEqual([9])
  })
  it('become float32 by division, by fractions and beside float32', () => {
    for (const output of [
      int32([1]).div(2),
      int32([1]).mul(0.5),
      int32([1]).mul(tensor([0.5])),
      tensor([0.5]).mul(int32([1])),
    ]) {
      expect([output.dtype, output.toArray()]).toEqual(['float32', [0.5]])
    }
  })
  it('pass gradients on to the float32 operand', () => {
    const x = leaf([2])
    x.mul(int32([3])).backward()
    expect(x.grad?.item()).toBe(3)
  })
  it('change in place only to their own type', () => {
    expect(int32([1, 2]).add_(5).toArray()).toEqual([6, 7])
    expect(
      int32([1, 2])
        .mul_(int32([2, 3]))
        .toArray(),
    ).toEqual([2, 6])
    throws(() => int32([1]).div_(2), DTypeError, "div_: expected a result of the tensor's dtype int32, got float32")
    throws(() => int32([1]).add_(0.5), DTypeError, "add_: expected a result of the tensor's dtype int32, got float32")
  })
  it('are not divided as integers', () => {
    throws(
      () => binaryInteger('div', int32([1]), 2),
      DTypeError,
      "div: expected float32, got integers; convert them with to('float32')",
    )
  })
  it('have no negative powers', () => {
    throws(() => int32([2]).pow(-1), RangeError, 'pow: expected an exponent of at least 0 for integers, got -1')
  })
})

describe('errors', () => {
  it('name the shapes that do not broadcast', () => {
    throws(
      () => zeros([2, 3]).add(zeros([4])),
      ShapeError,
      'add: expected sizes that agree or are 1 in dimension -1, got 3 and 4; shapes [2, 3], [4]',
    )
  })
  it('name an operand that is neither tensor nor number', () => {
    throws(() => zeros([1]).add('1' as never), DTypeError, 'add: expected a tensor or a number, got "1"')
    throws(() => mul(1, 2), DTypeError, 'mul: expected at least one tensor, got two numbers')
  })
  it('refuse to change the shape in place', () => {
    throws(
      () => zeros([3]).add_(zeros([2, 3])),
      ShapeError,
      'add_: expected an operand that broadcasts to the tensor it changes; tensor [3], operand [2, 3]',
    )
  })
  it('refuse to change a leaf in place under recording', () => {
    const x = leaf([1, 2])
    throws(
      () => x.add_(1),
      StateError,
      'add_: a leaf tensor that requires grad is being used in an in-place operation; wrap it in noGrad(() => ...); tensor [2]',
    )
    expect(x.toArray()).toEqual([1, 2])
  })
  it('refuse to change what a view shares memory with under recording', () => {
    const y = leaf([1, 2]).mul(2)
    const view = y.reshape([2, 1])
    const message =
      'the tensor shares memory with a view, whose gradient could not follow the edit; ' +
      'use the form without underscore, or clone() first; tensor'
    throws(() => y.mul_(2), StateError, `mul_: ${message} [2]`)
    throws(() => view.add_(1), StateError, `add_: ${message} [2, 1]`)
  })
  it('refuse to write to elements that share memory', () => {
    throws(
      () => zeros([1]).expand([3]).add_(1),
      StateError,
      'add_: expected a tensor whose elements do not share memory, got an expanded one of shape [3]; use clone() first',
    )
  })
})
