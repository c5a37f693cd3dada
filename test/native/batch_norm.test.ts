import fc from 'fast-check'
import { expect, it } from 'vitest'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import { type BatchNormProblem, batchNormForward } from '../../lib/reference/index.ts'
import { batchNorm } from '../cases/batch_norm.ts'
import { absent, checkCalls, inout, input, type KernelCall, output, plain } from '../support/check_op.ts'
import { ROUNDING, sumError, uniform } from '../support/data.ts'
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
  batchNormForward(problem, data, null, null, null, null, mean, rstd, new Float64Array(rows * c))
  const sums = { input: new Float64Array(c), grad: new Float64Array(c), dot: new Float64Array(c) }
  for (let i = 0; i < rows * c; i++) {
    sums.input[i % c] += Math.abs(data[i])
    sums.grad[i % c] += Math.abs(gradOutput[i])
    sums.dot[i % c] += Math.abs(gradOutput[i]) * spread(data[i], mean[i % c], rstd[i % c])
  }
  return { data, gradOutput, weight, bias, mean, rstd, sums }
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
  const { data, weight, bias, rstd } = set
  const relative = sumError(rows) + 8 * ROUNDING
  return Float64Array.from(data, (x, i) => {
    return relative * (weight[i % c] * spread(x, mean[i % c], rstd[i % c]) + Math.abs(bias[i % c]))
  })
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
  const { data, gradOutput, weight, mean, rstd, sums } = set
  const relative = sumError(rows) + 8 * ROUNDING
  // Of the variance, whose terms are squares of differences, and so of half of it in rstd.
  const variance = { rtol: 4 * relative, atol: 0 }
  const meanError = sums.input.map((sum) => (relative * sum) / rows)
  const runningError = meanError.map((error) => error + 4 * ROUNDING)
  return [
    {
      kernel: 'batchNormForward',
      title,
      args: [
        ...[plain(problem), input(data), input(affine ? weight : null), input(affine ? set.bias : null)],
        running ? inout(uniform(c, 5), { error: runningError }) : absent,
        running ? inout(uniform(c, 6, 0.5, 2), variance) : absent,
        ...[output(c, { error: meanError }), output(c, variance)],
        output(rows * c, {
          error: outputError(
            problem,
            set,
            sums.input.map((sum) => sum / rows),
          ),
        }),
      ],
    },
    {
      kernel: 'batchNormBackward',
      title,
      args: [
        ...[plain(problem), input(data), input(gradOutput), input(mean), input(rstd), input(affine ? weight : null)],
        output(rows * c, { error: gradInputError(problem, set).map((error) => error * (affine ? 1 : 2)) }),
        affine ? output(c, { error: sums.dot.map((sum) => relative * sum) }) : absent,
        affine ? output(c, { terms: rows }) : absent,
      ],
    },
  ]
}

function evaluation(problem: BatchNormProblem, set: SetUp, affine: boolean): KernelCall[] {
  const { rows, c } = problem
  const title = `evaluation ${affine} ${printProblem('batch_norm', problem)}`
  const { data, gradOutput, bias } = set
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
  return [
    {
      kernel: 'batchNormEvalForward',
      title,
      args: [
        ...[plain(problem), input(data), ...statistics, input(affine ? bias : null)],
        output(rows * c, { error: outputError(problem, own, mean) }),
      ],
    },
    {
      kernel: 'batchNormEvalBackward',
      title,
      args: [
        ...[plain(problem), input(data), input(gradOutput), ...statistics],
        output(rows * c, { rtol: 4 * ROUNDING, atol: 0 }),
        affine ? output(c, { error: dot.map((sum) => (sumError(rows) + 8 * ROUNDING) * sum) }) : absent,
        affine ? output(c, { terms: rows }) : absent,
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

// Rows enough for several slices, few enough for the reference.
describeCases(batchNorm, calls, (problem) => ({ ...problem, rows: Math.min(problem.rows, 3001) }))

const problems = fc.record({
  rows: fc.oneof(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 21, max: 300 })),
  c: fc.integer({ min: 1, max: 70 }),
  eps: fc.constantFrom(1e-5, 1e-3),
  momentum: fc.constantFrom(0.1, 0.25),
})
itHoldsForRandom('batch_norm', problems, calls, 200)

it('finds a deviation of 0.01 around a mean of 1000', () => {
  const problem = { rows: 4096, c: 18, eps: 1e-12, momentum: 0.1 }
  const data = uniform(problem.rows * problem.c, 9, 1000 - 0.0173, 1000 + 0.0173)
  // The inputs themselves are rounded to steps of 2⁻¹⁴; what counts is the deviation of the rounded ones.
  const rstd = { rtol: 2e-3, atol: 0 }
  const mean = { rtol: ROUNDING, atol: 0 }
  // A mean that is off by half a step of float32, 3.05e-5, moves every output by 3.05e-5 / 0.01.
  const args = [plain(problem), input(data), absent, absent, absent, absent, output(problem.c, mean)]
  const call: KernelCall = {
    kernel: 'batchNormForward',
    title: printProblem('batch_norm', problem),
    args: [...args, output(problem.c, rstd), output(data.length, { rtol: 2e-3, atol: 4e-3 })],
  }
  expect(data[0]).not.toBe(data[problem.c])
  checkCalls([call], backends())
})
