import { expect, it } from 'vitest'
import { DTypeError, functional as F, memory, randn, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

it('keeps what is positive, and NaN', () => {
  expect(F.relu(tensor([-1, 0, 2])).toArray()).toEqual([0, 0, 2])
  expect(F.relu(tensor([Number.NaN])).item()).toBeNaN()
  expect(F.relu(zeros([0, 2])).shape).toEqual([0, 2])
})
it('passes gradients where the input is positive; 0 at 0', () => {
  checkGrads(F.relu, [tensor([-1, 0.5, 2], { requiresGrad: true })])
  const x = tensor([0, 1], { requiresGrad: true })
  x.relu().sum().backward()
  expect(x.grad?.toArray()).toEqual([0, 1])
})
it('keeps the order in memory, forward and backward', () => {
  const image = randn([2, 3, 2, 2]).contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_()
  const output = image.relu()
  expect(output.strides).toEqual(image.strides)
  output.contiguous().sum().backward()
  expect(image.grad?.toArray()).toEqual(image.gt(0).to('float32').toArray())
})
it('works in place and on tensors with gaps', () => {
  expect(tensor([-1, 2]).relu_().toArray()).toEqual([0, 2])
  const whole = tensor([-1, -2, -3, 4])
  expect(whole.slice(0, 0, 4, 2).relu().toArray()).toEqual([0, 0])
  whole.slice(0, 0, 4, 2).relu_()
  expect(whole.toArray()).toEqual([0, -2, 0, 4])
  checkGrads((x) => x.mul(1).relu_().mul(2), [tensor([-1, 0.5], { requiresGrad: true })])
})
it('keeps a bit an element of a large tensor, with the same results', () => {
  const whole = randn([1 << 16])
    .mul(2)
    .requiresGrad_()
  const gradient = randn([1 << 16])
  whole.relu().backward(gradient)
  const half = whole
    .detach()
    .slice(0, 0, 1 << 14)
    .clone()
    .requiresGrad_()
  half.relu().backward(gradient.slice(0, 0, 1 << 14))
  expect(whole.grad?.slice(0, 0, 1 << 14).toArray()).toEqual(half.grad?.toArray())
  const input = randn([1 << 16], { requiresGrad: true })
  const before = memory().live
  const loss = input.relu().square().sum()
  expect(memory().live - before).toBeLessThan(2 * input.size * 4 + 2 * input.size)
  loss.backward()
  expect(input.grad?.gt(0).equal(input.gt(0))).toBe(true)
})
it('refuses integers', () => {
  throws(
    () => tensor([1n]).relu(),
    DTypeError,
    "relu: expected input to be float32, got int64; input [1]; convert it with to('float32')",
  )
})
