import { describe, expect, it } from 'vitest'
import { parseProblem } from '../../lib/kernels/problem_string.ts'
import * as reference from '../../lib/reference/index.ts'

// Edges where PyTorch's behaviour is not the obvious one, worked by hand.

const { NaN: nan } = Number

describe('element-wise kernels', () => {
  const binary = (op: reference.BinaryOp, a: number, b: number): number => {
    const output = new Float64Array(1)
    reference.binary(op, 1, Float64Array.of(a), Float64Array.of(b), output)
    return output[0]
  }

  it('propagate NaN through maximum and minimum from either side', () => {
    for (const op of ['maximum', 'minimum'] as const) {
      expect([binary(op, nan, 1), binary(op, 1, nan), binary(op, nan, -Infinity)]).toEqual([nan, nan, nan])
    }
  })

  it('raise to powers as C does', () => {
    expect([binary('pow', 1, nan), binary('pow', nan, 0), binary('pow', -1, Infinity)]).toEqual([1, 1, 1])
    expect([binary('pow', -2, 3), binary('pow', -2, 0.5), binary('pow', 0, -1)]).toEqual([-8, nan, Infinity])
  })

  it('swap the arguments of the r forms', () => {
    expect([binary('rsub', 2, 7), binary('rdiv', 2, 7), binary('rpow', 2, 7)]).toEqual([5, 3.5, 49])
  })

  it('round the scalar to float32 where the buffer is', () => {
    const narrow = new Float32Array(1)
    reference.binaryScalar('mul', 1, Float32Array.of(3), 0.1, narrow)
    expect(narrow[0]).toBe(Math.fround(3 * Math.fround(0.1)))
    const wide = new Float64Array(1)
    reference.binaryScalar('mul', 1, Float64Array.of(3), 0.1, wide)
    expect(wide[0]).toBe(3 * 0.1)
  })

  it('give 0 for the sign of NaN and of either zero', () => {
    const output = new Float64Array(5)
    reference.unary('sign', 5, Float64Array.of(nan, 0, -0, -3, Infinity), output)
    expect([...output]).toEqual([0, 0, 0, -1, 1])
  })

  it('compare false with NaN, but for ne', () => {
    const holds = (op: reference.CompareOp, a: number, b: number): number => {
      const output = new Uint8Array(1)
      const problem = { shape: [], aStrides: [], bStrides: [], outputStrides: [] }
      reference.compareStrided(op, problem, Float64Array.of(a), Float64Array.of(b), output)
      return output[0]
    }
    const ops = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const
    expect(ops.map((op) => holds(op, nan, nan))).toEqual([0, 1, 0, 0, 0, 0])
    expect(ops.map((op) => holds(op, 1, 2))).toEqual([0, 1, 1, 1, 0, 0])
    expect(ops.map((op) => holds(op, 2, 2))).toEqual([1, 0, 0, 1, 0, 1])
  })

  it('let NaN through relu both ways', () => {
    const [output, gradInput] = [new Float64Array(3), new Float64Array(3)]
    reference.reluForward(3, Float64Array.of(nan, -1, 2), output)
    expect([...output]).toEqual([nan, 0, 2])
    reference.reluBackward(3, output, Float64Array.of(5, 6, 7), gradInput)
    expect([...gradInput]).toEqual([5, 0, 7])
  })
})

describe('cast', () => {
  const cast = <A extends reference.AnyArray>(
    from: reference.DType,
    to: reference.DType,
    input: reference.AnyArray,
    output: A,
  ): A => {
    reference.cast({ size: input.length, from, to }, input, output)
    return output
  }

  it('truncates towards zero and wraps into uint8', () => {
    const floats = Float32Array.of(2.9, -2.9, 256.5, -1)
    expect([...cast('float32', 'int32', floats, new Int32Array(4))]).toEqual([2, -2, 256, -1])
    expect([...cast('float32', 'uint8', floats, new Uint8Array(4))]).toEqual([2, 254, 0, 255])
    expect([...cast('float32', 'int64', floats, new BigInt64Array(4))]).toEqual([2n, -2n, 256n, -1n])
  })

  it('gives the lowest integer for what does not fit', () => {
    const floats = Float32Array.of(nan, Infinity, 2 ** 31, -(2 ** 31))
    expect([...cast('float32', 'int32', floats, new Int32Array(4))]).toEqual(Array(4).fill(-(2 ** 31)))
  })

  it('rounds int64 to float32 once', () => {
    // Halfway between 2⁶² and the next float32, and one above it: through float64 both would go down.
    const values = BigInt64Array.of(2n ** 62n + 2n ** 38n, 2n ** 62n + 2n ** 38n + 1n)
    expect([...cast('int64', 'float32', values, new Float32Array(2))]).toEqual([2 ** 62, 2 ** 62 + 2 ** 39])
  })
})

describe('reduce', () => {
  const reduce = (op: reference.ReduceOp, values: number[], correction = 0): number => {
    const output = new Float64Array(1)
    reference.reduce({ op, outer: 1, size: values.length, inner: 1, correction }, Float64Array.from(values), output)
    return output[0]
  }

  it('takes the first winner and the first NaN', () => {
    expect([reduce('argmax', [1, 3, 3]), reduce('argmin', [2, 0, 0]), reduce('argmax', [9, nan, nan])]).toEqual([
      1, 1, 1,
    ])
    expect([reduce('max', [1, nan, 3]), reduce('min', [1, nan, 3])]).toEqual([nan, nan])
  })

  it('divides a variance by size − correction, at least by 0', () => {
    expect([reduce('var', [1, 3], 0), reduce('var', [1, 3], 1), reduce('var', [1, 3], 5)]).toEqual([1, 2, Infinity])
    expect(reduce('var', [4], 1)).toBe(nan)
  })

  it('has a sum, but no mean, of nothing', () => {
    expect([reduce('sum', []), reduce('mean', [])]).toEqual([0, nan])
  })
})

describe('max_pool', () => {
  const pool = (values: number[], window: string, positions: boolean): [number[], number[]] => {
    const problem = parseProblem('max_pool', `c1ih1iw${values.length}kh1${window}${positions ? '_positions' : ''}`)
    const output = new Float64Array(problem.ow)
    const argmax = positions ? new Int32Array(problem.ow) : new Uint8Array(problem.ow)
    reference.maxPoolForward(problem, Float64Array.from(values), output, argmax)
    return [[...output], [...argmax]]
  }

  it('takes the first maximum, the last NaN and the first of only −∞', () => {
    for (const positions of [false, true]) {
      expect(pool([1, 4, 4], 'kw3', positions)).toEqual([[4], [1]])
      expect(pool([nan, 4, nan], 'kw3', positions)).toEqual([[nan], [2]])
      expect(pool([-Infinity, -Infinity, -Infinity], 'kw3', positions)).toEqual([[-Infinity], [0]])
    }
  })

  it('names the winner by its position in the image or its tap of the window', () => {
    expect(pool([1, 4, 3, 5], 'kw2sw2', true)).toEqual([
      [4, 5],
      [1, 3],
    ])
    expect(pool([1, 4, 7, 5], 'kw2sw2', false)).toEqual([
      [4, 7],
      [1, 0],
    ])
  })

  it('gives −∞ and no winner for padding alone', () => {
    expect(pool([7], 'kw2pw1dw2', true)).toEqual([[-Infinity], [-1]])
    expect(pool([7], 'kw2pw1dw2', false)).toEqual([[-Infinity], [255]])
  })
})

describe('cross_entropy', () => {
  it('is NaN where no row counts, with a gradient of 0', () => {
    const problem = { rows: 1, c: 2, ignoreIndex: -100, labelSmoothing: 0, reduction: 'mean' as const }
    const [loss, saved, total] = [new Float64Array(1), new Float64Array(2), new Float64Array(1)]
    const [logits, target, grad] = [Float64Array.of(1, 2), Int32Array.of(-100), new Float64Array(2)]
    reference.crossEntropyForward(problem, logits, target, null, loss, saved, total)
    expect([loss[0], total[0]]).toEqual([nan, 0])
    reference.crossEntropyBackward(problem, Float64Array.of(1), logits, target, null, saved, total, grad)
    expect([...grad]).toEqual([0, 0])
  })
})
