import { describe, it } from 'vitest'
import { type Problems, printProblem } from '../../lib/kernels/problem_string.ts'
import type { BinaryOp, CompareOp } from '../../lib/reference/index.ts'
import { binary } from '../cases/binary.ts'
import {
  checkCalls,
  inout,
  input,
  type KernelCall,
  output,
  outputLike,
  plain,
  same,
  type Tolerance,
} from '../support/check_op.ts'
import { uniform } from '../support/data.ts'
import { backends, describeCases } from '../support/native_cases.ts'

const ops: BinaryOp[] = ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'rsub', 'rdiv', 'rpow']
const comparisons: CompareOp[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge']

// A power is a logarithm times the exponent: its relative error grows with both. All else is correctly rounded.
const toleranceOf = (op: BinaryOp): Tolerance => (op.endsWith('pow') ? { rtol: 1e-6, atol: 0 } : 'exact')

function extent(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((last, size, d) => last + (size - 1) * strides[d], 1)
}

/** Numbers in steps of a quarter, so that comparisons tie; positive where they are raised to a power. */
function quarters(size: number, seed: number, positive: boolean): Float32Array {
  return uniform(size, seed, positive ? 0.5 : -2, 3).map((value) => Math.round(value * 4) / 4)
}

function stridedCalls(problem: Problems['binary']): KernelCall[] {
  const { op, shape, aStrides, bStrides, outputStrides } = problem
  const title = printProblem('binary', problem)
  const a = quarters(extent(shape, aStrides), 1, op.endsWith('pow'))
  const b = quarters(extent(shape, bStrides), 2, op.endsWith('pow'))
  const size = extent(shape, outputStrides)
  const args = [plain(op), plain(problem), input(a), input(b)]
  return comparisons.includes(op as CompareOp)
    ? [{ kernel: 'compareStrided', title, args: [...args, outputLike(new Uint8Array(size), 'exact')] }]
    : [{ kernel: 'binaryStrided', title, args: [...args, output(size, toleranceOf(op as BinaryOp))] }]
}

describeCases(binary, stridedCalls, (problem) =>
  // The real layers by two images: dense strides do not depend on the first size.
  problem.shape.length > 2 && problem.shape[0] === 32 ? { ...problem, shape: problem.shape.with(0, 2) } : problem,
)

/** The flat kernels: two buffers, a buffer and a number, and each of them in place. */
function flatCalls(op: BinaryOp, a: Float32Array, b: Float32Array): KernelCall[] {
  const size = a.length
  const title = `${op} size${size}`
  const tolerance = toleranceOf(op)
  const start = [plain(op), plain(size)]
  const scalar = plain(0.3)
  return [
    { kernel: 'binary', title, args: [...start, input(a), input(b), output(size, tolerance)] },
    { kernel: 'binary', title: `into a ${title}`, args: [...start, inout(a, tolerance), input(b), same(2)] },
    { kernel: 'binary', title: `into b ${title}`, args: [...start, input(a), inout(b, tolerance), same(3)] },
    { kernel: 'binaryScalar', title, args: [...start, input(a), scalar, output(size, tolerance)] },
    { kernel: 'binaryScalar', title: `in place ${title}`, args: [...start, inout(a, tolerance), scalar, same(2)] },
  ]
}

describe('binary, flat', () => {
  for (const op of ops) {
    for (const size of [1, 15, 16, 17, 70_001]) {
      it(`${op} size${size}`, () => {
        const low = op.endsWith('pow') ? 0.1 : -3
        checkCalls(flatCalls(op, uniform(size, 1, low, 3), uniform(size, 2, low, 3)), backends())
      })
    }
  }
})

const special = [Number.NaN, Infinity, -Infinity, 0, 1, -1, 2, -2, 0.5, -3]

/** Every pair of special values. */
function pairs(): [Float32Array, Float32Array] {
  const a = special.flatMap((value) => special.map(() => value))
  return [Float32Array.from(a), Float32Array.from(special.flatMap(() => special))]
}

describe('binary, special values', () => {
  for (const op of ops) it(op, () => checkCalls(flatCalls(op, ...pairs()), backends()))
  for (const op of comparisons) {
    it(op, () => {
      const [a, b] = pairs()
      const strides = { aStrides: [1], bStrides: [1], outputStrides: [1] }
      const problem = plain({ shape: [a.length], ...strides })
      const args = [plain(op), problem, input(a), input(b), outputLike(new Uint8Array(a.length), 'exact')]
      checkCalls([{ kernel: 'compareStrided', title: op, args }], backends())
    })
  }
})
