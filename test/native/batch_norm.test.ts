import fc from 'fast-check'
import { expect, it } from 'vitest'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import { momentsOf } from '../../lib/reference/batch_norm.ts'
import { type BatchNormProblem, batchNormEvalForward, batchNormForward } from '../../lib/reference/index.ts'
import { batchNorm } from '../cases/batch_norm.ts'
import {
  type Argument,
  absent,
  checkCalls,
  inout,
  input,
  type KernelCall,
  output,
  outputLike,
  plain,
  type Tolerance,
} from '../support/check_op.ts'
import { integersBelow, ROUNDING, sumError, uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/** Everything of one problem: data, the true statistics, and what sums of absolute values bound the errors. */
function setUp(problem: BatchNormProblem) {
  const { rows, c } = problem
  const data = uniform(rows * c, 1)
  const gradOutput = uniform(rows * c, 2)
  const weight = uniform(c, 3, 0.5, 1.5)
  const bias = uniform(c, 4)
  const mean: Float32Array = new Float32Array(c)
  const rstd: Float32Array = new Float32Array(c)
  batchNormForward(
    { ...problem, add: false, relu: false },
    data,
    ...([null, null, null, null, null, mean, rstd, null, null, new Float64Array(rows * c)] as const),
  )
  const sums = { input: new Float64Array(c), grad: new Float64Array(c), dot: new Float64Array(c) }
  for (let i = 0; i < rows * c; i++) {
    sums.input[i % c] += Math.abs(data[i])
    sums.grad[i % c] += Math.abs(gradOutput[i])
    sums.dot[i % c] += Math.abs(gradOutput[i]) * spread(data[i], mean[i % c], rstd[i % c])
  }
  const residual = problem.add ? uniform(rows * c, 10) : null
  const bits = problem.relu ? Uint8Array.from(integersBelow(256, Math.ceil((rows * c) / 8), 11)) : null
  return { data, gradOutput, weight, bias, mean, rstd, sums, residual, bits }
}

type SetUp = ReturnType<typeof setUp>

/** `(|x| + |mean|) · rstd`: what the rounding of a normalized value is relative to. */
function spread(x: number, mean: number, rstd: number): number {
  return (Math.abs(x) + Math.abs(mean)) * rstd
}

/**
 * Bounds by element of the output: a rounding each of mean, difference, rstd, product and sum. A mean that is known is off
 * relative to itself, one that the kernel takes relative to the mean of absolute values.
 */
function outputError(problem: BatchNormProblem, set: SetUp, mean: ArrayLike<number>): Float64Array {
  const { rows, c } = problem
  const { data, weight, bias, rstd, residual } = set
  const relative = sumError(rows) + 8 * ROUNDING
  return Float64Array.from(data, (x, i) => {
    const added = Math.abs(residual?.[i] ?? 0)
    return relative * (weight[i % c] * spread(x, mean[i % c], rstd[i % c]) + Math.abs(bias[i % c]) + added)
  })
}

/** A byte of bits may be anything where one of its elements is 0 within the error of the output, else it is exact. */
function bitsError(error: Float64Array, exact: Float64Array): Float64Array {
  return Float64Array.from({ length: Math.ceil(error.length / 8) }, (_, byte) => {
    for (let i = 8 * byte; i < Math.min(8 * byte + 8, error.length); i++) if (Math.abs(exact[i]) <= error[i]) return 255
    return 0
  })
}

/** The residual, the bits and the output of a forward pass, whose output before ReLU is `exact`. */
function outputs(problem: BatchNormProblem, { residual }: SetUp, error: Float64Array, exact: Float64Array): Argument[] {
  const size = error.length
  const bits = outputLike(new Uint8Array(Math.ceil(size / 8)), { error: bitsError(error, exact) })
  return [input(residual), problem.relu ? bits : absent, output(size, { error })]
}

/** What backward writes: gradients of input, weight and bias, and of a residual that was added before a ReLU. */
function gradients(problem: BatchNormProblem, affine: boolean, tolerances: Tolerance[]): Argument[] {
  const { rows, c, add, relu } = problem
  const [ofInput, ofWeight, ofBias] = tolerances
  const own = affine ? [output(c, ofWeight), output(c, ofBias)] : [absent, absent]
  return [output(rows * c, ofInput), ...own, add && relu ? output(rows * c, 'exact') : absent]
}

/** Bounds by element of the training form's gradient: every term of its formula by absolute values. */
function gradInputError(problem: BatchNormProblem, set: SetUp): Float64Array {
  const { rows, c } = problem
  const { data, gradOutput, weight, mean, rstd, sums } = set
  const relative = sumError(rows) + 8 * ROUNDING
  return Float64Array.from(data, (x, i) => {
    const k = i % c
    const terms = Math.abs(gradOutput[i]) + sums.grad[k] / rows + (spread(x, mean[k], rstd[k]) * sums.dot[k]) / rows
    return relative * weight[k] * rstd[k] * terms
  })
}

function training(problem: BatchNormProblem, set: SetUp, affine: boolean, running: boolean): KernelCall[] {
  const { rows, c } = problem
  const title = `training ${affine} ${running} ${printProblem('batch_norm', problem)}`
  const { data, gradOutput, weight, mean, rstd, sums, bits } = set
  const relative = sumError(rows) + 8 * ROUNDING
  const own = affine ? set : { ...set, weight: null, bias: null }
  const exact = new Float64Array(rows * c)
  const wide = (item: Float32Array | null) => item && Float64Array.from(item)
  batchNormForward(
    { ...problem, relu: false },
    Float64Array.from(data),
    ...([null, wide(own.weight), wide(own.bias), null, null] as const),
    ...([new Float64Array(c), new Float64Array(c), set.residual, null, exact] as const),
  )
  // Of the variance, whose terms are squares of differences, and so of half of it in rstd.
  const variance = { rtol: 4 * relative, atol: 0 }
  const meanError = sums.input.map((sum) => (relative * sum) / rows)
  const error = outputError(
    problem,
    set,
    sums.input.map((sum) => sum / rows),
  )
  const runningError = meanError.map((error) => error + 4 * ROUNDING)
  const moments = new Float32Array(3 * c)
  momentsOf(rows, c, data, moments)
  const rest = [
    ...[input(affine ? weight : null), input(affine ? set.bias : null)],
    running ? inout(uniform(c, 5), { error: runningError }) : absent,
    running ? inout(uniform(c, 6, 0.5, 2), variance) : absent,
    ...[output(c, { error: meanError }), output(c, variance)],
    ...outputs(problem, set, error, exact),
  ]
  return [
    { kernel: 'batchNormForward', title, args: [plain(problem), input(data), absent, ...rest] },
    {
      kernel: 'batchNormForward',
      title: `${title} moments`,
      args: [plain(problem), input(data), input(moments), ...rest],
    },
    {
      kernel: 'batchNormBackward',
      title,
      args: [
        ...[plain(problem), input(data), input(gradOutput), input(mean), input(rstd), input(own.weight), input(bits)],
        ...gradients(problem, affine, [
          { error: gradInputError(problem, set).map((bound) => bound * (affine ? 1 : 2)) },
          { error: sums.dot.map((sum) => relative * sum) },
          { terms: rows },
        ]),
      ],
    },
  ]
}

function evaluation(problem: BatchNormProblem, set: SetUp, affine: boolean): KernelCall[] {
  const { rows, c } = problem
  const title = `evaluation ${affine} ${printProblem('batch_norm', problem)}`
  const { data, gradOutput, bias, bits } = set
  const weight = affine ? set.weight : null
  const mean = uniform(c, 7)
  const variance = uniform(c, 8, 0.5, 2)
  const rstd: Float32Array = Float32Array.from(variance, (value) => 1 / Math.sqrt(value + problem.eps))
  const own = { ...set, mean, rstd, weight: weight ?? new Float32Array(c).fill(1) }
  const dot = new Float64Array(c)
  data.forEach((x, i) => {
    dot[i % c] += Math.abs(gradOutput[i]) * spread(x, mean[i % c], rstd[i % c])
  })
  const statistics = [input(mean), input(variance), input(weight)]
  const exact = new Float64Array(rows * c)
  const args = [data, mean, variance, weight, affine ? bias : null].map((item) => item && Float64Array.from(item))
  batchNormEvalForward(
    { ...problem, relu: false },
    ...(args as [Float64Array, Float64Array, Float64Array, Float64Array | null, Float64Array | null]),
    ...([set.residual, null, exact] as const),
  )
  return [
    {
      kernel: 'batchNormEvalForward',
      title,
      args: [
        ...[plain(problem), input(data), ...statistics, input(affine ? bias : null)],
        ...outputs(problem, own, outputError(problem, own, mean), exact),
      ],
    },
    {
      kernel: 'batchNormEvalBackward',
      title,
      args: [
        ...[plain(problem), input(data), input(gradOutput), ...statistics, input(bits)],
        ...gradients(problem, affine, [
          { rtol: 4 * ROUNDING, atol: 0 },
          { error: dot.map((sum) => (sumError(rows) + 8 * ROUNDING) * sum) },
          { terms: rows },
        ]),
      ],
    },
  ]
}

function calls(problem: BatchNormProblem): KernelCall[] {
  const set = setUp(problem)
  const plainSet = { ...set, weight: new Float32Array(problem.c).fill(1) }
  return [
    ...training(problem, set, true, true),
    ...training(problem, plainSet, false, false),
    ...evaluation(problem, set, true),
    ...evaluation(problem, set, false),
  ]
}

// Rows enough for two slices where there are many channels, few enough for the reference.
describeCases(batchNorm, calls, (problem) => {
  return { ...problem, rows: Math.min(problem.rows, 3001, Math.ceil(70_000 / problem.c)) }
})

const problems = fc.record({
  rows: fc.oneof(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 21, max: 300 })),
  c: fc.integer({ min: 1, max: 70 }),
  eps: fc.constantFrom(1e-5, 1e-3),
  momentum: fc.constantFrom(0.1, 0.25),
  add: fc.boolean(),
  relu: fc.boolean(),
})
itHoldsForRandom('batch_norm', problems, calls, 200)

it('finds a deviation of 0.01 around a mean of 1000', () => {
  const problem = { rows: 4096, c: 18, eps: 1e-12, momentum: 0.1, add: false, relu: false }
  const data = uniform(problem.rows * problem.c, 9, 1000 - 0.0173, 1000 + 0.0173)
  // The inputs themselves are rounded to steps of 2⁻¹⁴; what counts is the deviation of the rounded ones.
  const rstd = { rtol: 2e-3, atol: 0 }
  const mean = { rtol: ROUNDING, atol: 0 }
  // A mean that is off by half a step of float32, 3.05e-5, moves every output by 3.05e-5 / 0.01.
  const args = [plain(problem), input(data), absent, absent, absent, absent, absent, output(problem.c, mean)]
  const call: KernelCall = {
    kernel: 'batchNormForward',
    title: printProblem('batch_norm', problem),
    args: [...args, output(problem.c, rstd), absent, absent, output(data.length, { rtol: 2e-3, atol: 4e-3 })],
  }
  expect(data[0]).not.toBe(data[problem.c])
  checkCalls([call], backends())
})
