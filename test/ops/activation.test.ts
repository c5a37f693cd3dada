import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  functional as F,
  noGrad,
  RangeError,
  randn,
  StateError,
  type Tensor,
  tensor,
  zeros,
} from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const softplus = (x: number) => Math.log1p(Math.exp(x))
const elu = (x: number, alpha: number) => (x > 0 ? x : alpha * Math.expm1(x))
const clamp = (x: number, low: number, high: number) => Math.min(high, Math.max(low, x))

/** Each function with its defaults, and from its formula; where the library has several forms, all of them. */
const table: Record<string, [run: (x: Tensor) => Tensor, plain: (x: number) => number]> = {
  leakyRelu: [(x) => F.leakyRelu(x), (x) => (x > 0 ? x : 0.01 * x)],
  'leakyRelu 0.2': [(x) => F.leakyRelu(x, { negativeSlope: 0.2 }), (x) => (x > 0 ? x : 0.2 * x)],
  'leakyRelu -0.5': [(x) => F.leakyRelu(x, { negativeSlope: -0.5 }), (x) => (x > 0 ? x : -0.5 * x)],
  elu: [(x) => F.elu(x), (x) => elu(x, 1)],
  'elu 2': [(x) => F.elu(x, { alpha: 2 }), (x) => elu(x, 2)],
  'elu -1': [(x) => F.elu(x, { alpha: -1 }), (x) => elu(x, -1)],
  selu: [F.selu, (x) => 1.0507009873554805 * elu(x, 1.6732632423543772)],
  celu: [(x) => F.celu(x), (x) => elu(x, 1)],
  'celu 0.5': [(x) => F.celu(x, { alpha: 0.5 }), (x) => (x > 0 ? x : 0.5 * Math.expm1(x / 0.5))],
  sigmoid: [F.sigmoid, (x) => 1 / (1 + Math.exp(-x))],
  tanh: [F.tanh, Math.tanh],
  silu: [F.silu, (x) => x / (1 + Math.exp(-x))],
  'gelu tanh': [
    (x) => F.gelu(x, { approximate: 'tanh' }),
    (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  ],
  mish: [F.mish, (x) => x * Math.tanh(softplus(x))],
  softplus: [(x) => F.softplus(x), softplus],
  'softplus 2, 3': [
    (x) => F.softplus(x, { beta: 2, threshold: 3 }),
    (x) => (2 * x > 3 ? x : Math.log1p(Math.exp(2 * x)) / 2),
  ],
  softsign: [F.softsign, (x) => x / (1 + Math.abs(x))],
  hardsigmoid: [F.hardsigmoid, (x) => clamp(x + 3, 0, 6) / 6],
  hardswish: [F.hardswish, (x) => (x * clamp(x + 3, 0, 6)) / 6],
  hardtanh: [(x) => F.hardtanh(x), (x) => clamp(x, -1, 1)],
  'hardtanh -2, 0.5': [(x) => F.hardtanh(x, { minVal: -2, maxVal: 0.5 }), (x) => clamp(x, -2, 0.5)],
  relu6: [F.relu6, (x) => clamp(x, 0, 6)],
}
const values = [-4.2, -2.1, -0.9, -0.3, 0.25, 0.8, 1.7, 3.6, 7.3]

describe.each(Object.entries(table))('%s', (_, [run, plain]) => {
  it('follows its formula and differentiates', () => {
    const input = tensor(values, { shape: [3, 3] })
    const want = values.map((value) => expect.closeTo(plain(value), 5))
    expect([...run(input).toTypedArray()]).toEqual(want)
    checkGrads(run, [input.requiresGrad_()])
  })
  it('keeps the order in memory, forward and backward, and takes tensors with gaps', () => {
    const image = randn([2, 3, 2, 2])
    const last = image.contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_()
    const output = run(last)
    expect([output.strides, output.equal(run(image))]).toEqual([last.strides, true])
    output.contiguous().sum().backward()
    image.requiresGrad_()
    run(image).sum().backward()
    expect(last.grad?.equal(image.grad as Tensor)).toBe(true)
    const gaps = tensor(values).slice(0, 0, 9, 2).requiresGrad_()
    expect([...run(gaps).toTypedArray()]).toEqual([0, 2, 4, 6, 8].map((i) => expect.closeTo(plain(values[i]), 5)))
    const turned = tensor(values.slice(0, 4), { shape: [2, 2] })
      .t()
      .requiresGrad_()
    checkGrads((y) => run(y), [turned])
    expect(run(zeros([0, 2])).shape).toEqual([0, 2])
  })
})

it('gelu is the share of the normal distribution below', () => {
  const want = [-1, 0, 0.5, 2.5].map((x, i) => x * [0.158655254, 0.5, 0.691462461, 0.993790335][i])
  expect([...F.gelu(tensor([-1, 0, 0.5, 2.5])).toTypedArray()]).toEqual(want.map((value) => expect.closeTo(value, 6)))
  checkGrads((x) => F.gelu(x), [tensor(values, { requiresGrad: true })])
})

it('the derivative at corners is PyTorch’s', () => {
  const gradAt = (run: (x: Tensor) => Tensor, points: number[]) => {
    const x = tensor(points, { requiresGrad: true })
    run(x).sum().backward()
    return [...x.grad!.toTypedArray()]
  }
  expect(gradAt((x) => F.leakyRelu(x, { negativeSlope: 0.25 }), [0])).toEqual([0.25])
  expect(gradAt((x) => F.elu(x, { alpha: 2 }), [0])).toEqual([2])
  expect(gradAt(F.selu, [0])).toEqual([Math.fround(1.0507009873554805 * 1.6732632423543772)])
  expect(gradAt(F.relu6, [0, 6])).toEqual([0, 0])
  expect(gradAt(F.hardsigmoid, [-3, 3])).toEqual([0, 0])
  expect(gradAt(F.hardswish, [-3, 3])).toEqual([-0.5, 1.5])
  expect(gradAt((x) => F.hardtanh(x), [-1, 1])).toEqual([0, 0])
})

describe.each(['sigmoid', 'tanh'] as const)('%s as a method', (op) => {
  it('is the function, and works in place', () => {
    const x = tensor(values)
    const want = F[op](x)
    expect(x[op]().equal(want)).toBe(true)
    const whole = tensor(values)
    whole.slice(0, 0, 9, 2)[`${op}_`]()
    expect(whole.select(0, 2).item()).toBe(want.select(0, 2).item())
    expect(whole.select(0, 1).item()).toBe(x.select(0, 1).item())
    expect(x[`${op}_`]() === x && x.equal(want)).toBe(true)
    checkGrads((y) => y.mul(1)[`${op}_`]().mul(2), [tensor([-1, 0.5], { requiresGrad: true })])
  })
  it('refuses integers', () => {
    const tail = "float32, got int64; %; convert it with to('float32')"
    throws(() => tensor([1n])[op](), DTypeError, `${op}: expected input to be ${tail.replace('%', 'input [1]')}`)
    throws(
      () => tensor([1n])[`${op}_`](),
      DTypeError,
      `${op}_: expected the tensor to be ${tail.replace('%', 'the tensor [1]')}`,
    )
  })
})

it('notices when what it kept was changed', () => {
  const x = randn([64], { requiresGrad: true })
  expect([noGrad(() => F.elu(x)).requiresGrad, F.elu(x).requiresGrad]).toEqual([false, true])
  const y = F.silu(x)
  noGrad(() => x.add_(1))
  const run = () => y.sum().backward()
  throws(
    run,
    StateError,
    'silu: a tensor needed for backward, of shape [64], has been modified by an in-place operation; it is at version 1, expected version 0',
  )
})

it('refuses parameters out of range', () => {
  const x = zeros([1])
  const nan = Number.NaN
  throws(
    () => F.leakyRelu(x, { negativeSlope: nan }),
    RangeError,
    'leakyRelu: expected negativeSlope to be a finite number, got NaN',
  )
  throws(() => F.elu(x, { alpha: nan }), RangeError, 'elu: expected alpha to be a finite number, got NaN')
  throws(() => F.celu(x, { alpha: nan }), RangeError, 'celu: expected alpha to be a finite number, got NaN')
  throws(() => F.celu(x, { alpha: 0 }), RangeError, 'celu: expected alpha to be other than 0')
  throws(() => F.softplus(x, { beta: nan }), RangeError, 'softplus: expected beta to be a finite number, got NaN')
  throws(
    () => F.softplus(x, { threshold: nan }),
    RangeError,
    'softplus: expected threshold to be a finite number, got NaN',
  )
  throws(
    () => F.gelu(x, { approximate: 'erf' as never }),
    RangeError,
    'gelu: expected approximate to be one of "none", "tanh", got "erf"',
  )
  throws(
    () => F.hardtanh(x, { minVal: 1, maxVal: 1 }),
    RangeError,
    'hardtanh: expected maxVal above minVal, got 1 and 1',
  )
  throws(() => F.hardtanh(x, { minVal: nan }), RangeError, 'hardtanh: expected minVal to be a finite number, got NaN')
})

it('writes the gradient over one that nobody else reads, and over no other', () => {
  const x = randn([8], { requiresGrad: true })
  const seed = randn([8])
  const before = seed.toArray()
  const output = F.silu(F.elu(F.tanh(x)))
  output.backward(seed, { retainGraph: true })
  const first = x.grad?.toArray()
  x.grad = null
  output.backward(seed)
  expect([seed.toArray(), x.grad && (x.grad as Tensor).toArray()]).toEqual([before, first])
})
