import { describe, expect, it } from 'vitest'
import { DTypeError, tensor } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const ops = ['neg', 'abs', 'exp', 'log', 'sqrt', 'square', 'reciprocal', 'sign', 'floor'] as const
const plain: Record<(typeof ops)[number], (x: number) => number> = {
  neg: (x) => -x,
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  sign: Math.sign,
  floor: Math.floor,
}
const positive = ['log', 'sqrt', 'reciprocal']
const valuesFor = (op: string) => (positive.includes(op) ? [0.4, 1.3, 2.6, 0.9] : [-1.4, 0.3, 2.6, -0.7])

describe.each(ops)('%s', (op) => {
  it('computes, differentiates and keeps the order in memory', () => {
    const values = valuesFor(op)
    const input = tensor(values, { shape: [2, 2] }).t()
    const output = input[op]()
    expect(output.strides).toEqual(input.strides)
    const want = [0, 2, 1, 3].map((i) => plain[op](values[i]))
    expect([...output.toTypedArray()]).toEqual(want.map((value) => expect.closeTo(value, 5)))
    checkGrads((x) => x[op](), [tensor(values, { requiresGrad: true })])
  })
  it('works on tensors with gaps in memory', () => {
    const values = valuesFor(op)
    const input = tensor([values, values.toReversed()]).slice(1, 0, 4, 2)
    const want = [values[0], values[2], values[3], values[1]].map(plain[op])
    expect([...input[op]().toTypedArray()]).toEqual(want.map((value) => expect.closeTo(value, 5)))
  })
  it('works in place', () => {
    const values = valuesFor(op)
    const target = tensor(values)
    expect(target[`${op}_`]()).toBe(target)
    const want = values.map((value) => expect.closeTo(plain[op](value), 5))
    expect([...target.toTypedArray()]).toEqual(want)
    const whole = tensor([...values, ...values])
    whole.slice(0, 0, 8, 2)[`${op}_`]()
    expect(whole.toTypedArray()[0]).toBeCloseTo(plain[op](values[0]), 5)
    expect(whole.toTypedArray()[1]).toBeCloseTo(values[1], 5)
  })
  it('differentiates in place', () => {
    checkGrads((x) => x.mul(1)[`${op}_`]().mul(2), [tensor(valuesFor(op), { requiresGrad: true })], 1e-2)
  })
})

describe('integers', () => {
  it('stay whole in whole-number functions', () => {
    const input = tensor([-2, 3], { dtype: 'int32' })
    expect([input.neg().dtype, input.neg().toArray()]).toEqual(['int32', [2, -3]])
    expect([input.abs(), input.square(), input.sign(), input.floor()].map((output) => output.toArray())).toEqual([
      [2, 3],
      [4, 9],
      [-1, 1],
      [-2, 3],
    ])
    expect(tensor([-5n]).abs().toArray()).toEqual([5n])
  })
  it('are refused by the others', () => {
    throws(() => tensor([1n]).exp(), DTypeError, "exp: expected float32, got int64; convert it with to('float32')")
    throws(
      () => tensor([1n]).neg_(),
      DTypeError,
      "neg_: expected the tensor to be float32, got int64; the tensor [1]; convert it with to('float32')",
    )
  })
})

it('the gradient of the root at 0 is infinite and that of the magnitude 0, as in PyTorch', () => {
  const root = tensor([0], { requiresGrad: true })
  root.sqrt().backward()
  const magnitude = tensor([0], { requiresGrad: true })
  magnitude.abs().backward()
  expect([root.grad?.item(), magnitude.grad?.item()]).toEqual([Number.POSITIVE_INFINITY, 0])
})
