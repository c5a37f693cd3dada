import { describe, expect, it } from 'vitest'
import { distributed, tensor } from '../../lib/index.ts'

describe('collective operations of one rank', () => {
  it('give back what they are given', () => {
    const input = tensor([1, 2, 3])
    distributed.barrier()
    expect(distributed.broadcast(input, 0)).toBe(input)
    for (const op of ['sum', 'avg', 'max', 'min'] as const) expect(distributed.allReduce(input, { op })).toBe(input)
    expect(distributed.allReduce(input, { deterministic: true }).toArray()).toEqual([1, 2, 3])
    const gathered = distributed.allGather(input)
    expect(gathered.map((one) => one.toArray())).toEqual([[1, 2, 3]])
    expect(gathered[0]).not.toBe(input)
    expect(distributed.allGatherObject({ a: [1, 'ä'] })).toEqual([{ a: [1, 'ä'] }])
  })

  it('check what they are given all the same', () => {
    const input = tensor([1, 2])
    expect(() => distributed.broadcast(input, 1)).toThrow('broadcast: expected src to be a rank below 1, got 1')
    expect(() => distributed.allReduce(tensor([1], { dtype: 'int32' }), { op: 'avg' })).toThrow(
      'allReduce: expected float32 elements to average, got int32',
    )
    expect(() => distributed.allReduce(input, { op: 'mean' as never })).toThrow(
      'allReduce: expected op to be one of "sum", "avg", "max", "min", got "mean"',
    )
    expect(() => distributed.allReduce(input, { order: true } as never)).toThrow(
      'allReduce: expected options op, deterministic, got "order"',
    )
    input.dispose()
    expect(() => distributed.allGather(input)).toThrow('allGather: tensor [2] was disposed')
  })
})
