import { describe, expect, it } from 'vitest'
import { DTypeError, RangeError, randn, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

const values = [1, -2, 3, 0.5, 4, -1, 2, 2.5, -3, 1.5, 0, 6]
const cube = () => tensor(values, { shape: [2, 3, 2] })
const at = (i: number, j: number, k: number) => values[(i * 3 + j) * 2 + k]
const average = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length
const spread = (list: number[], correction: number) => {
  const middle = average(list)
  return list.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (list.length - correction)
}
const rules = {
  sum: (list: number[]) => average(list) * list.length,
  mean: average,
  var: (list: number[]) => spread(list, 1),
  std: (list: number[]) => Math.sqrt(spread(list, 1)),
}
const ops = Object.keys(rules) as (keyof typeof rules)[]
const dimsets: (number | number[] | undefined)[] = [undefined, 0, 1, -1, [0, 1], [0, 2], [1, 2], [0, 1, 2]]

describe.each(ops)('%s', (op) => {
  it.each(dimsets.map((dims) => [JSON.stringify(dims) ?? 'all', dims] as const))('over %s', (_, dims) => {
    const list = dims === undefined ? [0, 1, 2] : (typeof dims === 'number' ? [dims] : dims).map((d) => (d + 3) % 3)
    const sizes = [2, 3, 2]
    const kept = [0, 1, 2].filter((d) => !list.includes(d))
    const columns = new Map<string, number[]>()
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++)
        for (let k = 0; k < 2; k++) {
          const key = kept.map((d) => [i, j, k][d]).join()
          columns.set(key, [...(columns.get(key) ?? []), at(i, j, k)])
        }
    const want = [...columns.values()].map((column) => expect.closeTo(rules[op](column), 4))
    for (const input of [cube(), cube().permute([2, 0, 1]).contiguous().permute([1, 2, 0])]) {
      const output = input[op](dims)
      expect([output.shape, [...output.toTypedArray()]]).toEqual([kept.map((d) => sizes[d]), want])
      const wide = input[op](dims, { keepdim: true })
      expect([wide.shape, [...wide.toTypedArray()]]).toEqual([sizes.map((n, d) => (kept.includes(d) ? n : 1)), want])
    }
    const leaf = tensor(values, { shape: [2, 3, 2], requiresGrad: true })
    checkGrads((x) => x[op](dims), [leaf], 1e-2)
    checkGrads((x) => x[op](dims, { keepdim: true }).mul(2), [leaf], 1e-2)
  })
  it('reads images channels-last and tensors with gaps', () => {
    const image = randn([2, 3, 4, 4])
    const last = image.contiguous({ memoryFormat: 'channelsLast' })
    expect(last[op]([2, 3]).allclose(image[op]([2, 3]), { rtol: 1e-4, atol: 1e-6 })).toBe(true)
    expect(last[op](1).allclose(image[op](1), { rtol: 1e-4, atol: 1e-6 })).toBe(true)
    expect(last[op](1).strides).toEqual([16, 4, 1])
    const gaps = image.slice(3, 0, 4, 2)
    expect(gaps[op]([0, 3]).allclose(gaps.contiguous()[op]([0, 3]), { rtol: 1e-4, atol: 1e-6 })).toBe(true)
    checkGrads(
      (x) => x[op]([0, 2, 3]),
      [randn([2, 2, 2, 2]).contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_()],
      1e-2,
    )
  })
  it('refuses dimensions that do not exist or are named twice', () => {
    throws(() => zeros([2])[op](1), RangeError, `${op}: expected a dimension from -1 to 0, got 1`)
    throws(() => zeros([2, 2])[op]([0, -2]), RangeError, `${op}: dimension 0 is named twice`)
  })
})

describe('corrections', () => {
  it('change the divisor', () => {
    const x = tensor([1, 2, 3, 4])
    expect([x.var(0, { correction: 0 }).item(), x.var().item()]).toEqual([1.25, expect.closeTo(5 / 3, 5)])
    checkGrads((input) => input.var(0, { correction: 0 }), [tensor([1, 2, 4], { requiresGrad: true })])
  })
  it('must be whole', () => {
    throws(
      () => zeros([2]).var(0, { correction: 0.5 }),
      RangeError,
      'var: expected correction to be an integer of at least 0, got 0.5',
    )
    throws(
      () => zeros([2]).std(0, { correction: -1 }),
      RangeError,
      'std: expected correction to be an integer of at least 0, got -1',
    )
  })
})

describe('edges', () => {
  it('of nothing are 0 or NaN', () => {
    expect([zeros([0]).sum().item(), zeros([0]).mean().item(), zeros([0, 2]).sum(0).toArray()]).toEqual([
      0,
      Number.NaN,
      [0, 0],
    ])
    expect(tensor([5]).var().item()).toBeNaN()
  })
  it('of constants have a deviation of gradient 0', () => {
    const x = tensor([2, 2, 2], { requiresGrad: true })
    x.std().backward()
    expect(x.grad?.toArray()).toEqual([0, 0, 0])
  })
  it('of single numbers are the numbers', () => {
    expect([tensor(3).sum().item(), tensor(3).mean(0).item()]).toEqual([3, 3])
  })
  it('of large means keep the variance', () => {
    const x = tensor(Float32Array.from({ length: 1000 }, (_, i) => 1000 + (i % 2 ? 0.01 : -0.01)))
    expect(x.std(0, { correction: 0 }).item()).toBeCloseTo(0.01, 4)
  })
})

describe('integers', () => {
  it('are summed as int64', () => {
    const output = tensor(
      [
        [2 ** 30, 2 ** 30],
        [2 ** 30, 1],
      ],
      { dtype: 'int32' },
    ).sum(0)
    expect([output.dtype, output.toArray()]).toEqual(['int64', [2n ** 31n, 2n ** 30n + 1n]])
    expect(tensor([1, 0, 1], { dtype: 'uint8' }).sum().item()).toBe(2n)
  })
  it('have no mean and no variance', () => {
    throws(
      () => tensor([1n]).mean(),
      DTypeError,
      "mean: expected input to be float32, got int64; input [1]; convert it with to('float32')",
    )
    throws(
      () => tensor([1n]).var(),
      DTypeError,
      "var: expected input to be float32, got int64; input [1]; convert it with to('float32')",
    )
    throws(
      () => tensor([1n]).std(),
      DTypeError,
      "std: expected input to be float32, got int64; input [1]; convert it with to('float32')",
    )
  })
})
