import { it } from 'vitest'
import { parseProblem, printProblem } from '../../lib/kernels/problem_string.ts'
import { type CrossEntropyProblem, crossEntropyForward } from '../../lib/reference/index.ts'
import { crossEntropy } from '../cases/cross_entropy.ts'
import { type Argument, checkCalls, input, type KernelCall, output, plain } from '../support/check_op.ts'
import { integersBelow, ROUNDING, sumError, uniform } from '../support/data.ts'
import { backends, describeCases } from '../support/native_cases.ts'

/** Logits lie in ±5, so that every log-sum-exp is at most 5 + log c; every row's loss is a sum of positive terms. */
function callsWith(problem: CrossEntropyProblem, weight: Float32Array | null): KernelCall[] {
  const { rows, c, reduction } = problem
  const title = `${weight === null ? '' : 'weighted '}${printProblem('cross_entropy', problem)}`
  const logits = uniform(rows * c, 1, -5, 5)
  const target = integersBelow(c, rows, 2)
  if (problem.ignoreIndex < 0 && rows > 2) target[1] = problem.ignoreIndex
  const losses = reduction === 'none' ? rows : 1
  const saved = new Float32Array(2 * rows)
  const total = new Float32Array(1)
  crossEntropyForward(problem, logits, target, weight, new Float32Array(losses), saved, total)
  const gradLoss = uniform(losses, 3)
  const row = sumError(c) + 8 * ROUNDING
  const log = { rtol: row, atol: 8 * ROUNDING * (6 + Math.log(c)) }
  // A sum of rows keeps the error of one row relative to the weights that enter it, at most 2 each.
  const summed = reduction === 'sum' ? rows : 1
  const loss = { rtol: row + sumError(rows), atol: 4 * log.atol * summed }
  // By the error of the softmax, relative to the largest factor that stands before it.
  const scale = reduction === 'mean' ? 1 / total[0] : 1
  const gradient = { rtol: 0, atol: 8 * (row + log.atol) * scale }
  const data = [plain(problem), input(logits), input(target), input(weight)]
  const ends = [output(2 * rows, log), output(1, { rtol: sumError(rows), atol: 0 })]
  const shares = uniform(rows * c, 4, 0, 2 / c)
  const soft = [plain(problem), input(logits), input(shares), input(weight)]
  const softGrads = (a: Argument, b: Argument) => [
    ...[plain(problem), input(gradLoss), ...soft.slice(1), input(saved), a, b],
  ]
  // Shares sum to 1 on average, and to 2 at most; a distance is at most 10 + log c.
  const softLoss = { rtol: 2 * row + sumError(rows), atol: 8 * log.atol * summed }
  const byShare = output(rows * c, { rtol: 0, atol: (16 * (row + log.atol)) / (reduction === 'mean' ? rows : 1) })
  return [
    { kernel: 'crossEntropyForward', title, args: [...data, output(losses, loss), ...ends] },
    { kernel: 'softCrossEntropyForward', title, args: [...soft, output(losses, softLoss), output(2 * rows, log)] },
    { kernel: 'softCrossEntropyBackward', title, args: softGrads(byShare, byShare) },
    { kernel: 'softCrossEntropyBackward', title: `input ${title}`, args: softGrads(byShare, input(null)) },
    { kernel: 'softCrossEntropyBackward', title: `target ${title}`, args: softGrads(input(null), byShare) },
    {
      kernel: 'crossEntropyBackward',
      title,
      args: [
        ...[plain(problem), input(gradLoss), ...data.slice(1), input(saved), input(total)],
        output(rows * c, gradient),
      ],
    },
  ]
}

const calls = (problem: CrossEntropyProblem): KernelCall[] => [
  ...callsWith(problem, null),
  ...callsWith(problem, uniform(problem.c, 5, 0.5, 2)),
]

describeCases(crossEntropy, calls)

it('divides 0 by 0 where every row is ignored, and its gradient is 0', () => {
  const problem = parseProblem('cross_entropy', 'rows3c4ignore1_mean')
  const logits = input(uniform(12, 1))
  const target = input(Int32Array.from([1, 1, 1]))
  const none = input(null)
  const saved = uniform(6, 2)
  const forward: KernelCall = {
    kernel: 'crossEntropyForward',
    title: 'all ignored',
    args: [
      plain(problem),
      logits,
      target,
      none,
      output(1, 'exact'),
      output(6, { rtol: 1e-6, atol: 1e-6 }),
      output(1, 'exact'),
    ],
  }
  const backward: KernelCall = {
    kernel: 'crossEntropyBackward',
    title: 'all ignored',
    args: [
      ...[plain(problem), input(Float32Array.of(1)), logits, target, none, input(saved), input(Float32Array.of(0))],
      output(12, 'exact'),
    ],
  }
  checkCalls([forward, backward], backends())
})

it('keeps the precision of the loss where all logits are large', () => {
  for (const text of ['rows9c10_none', 'rows9c10smooth0.1_none', 'rows9c10_mean']) {
    const problem = parseProblem('cross_entropy', text)
    const logits = uniform(90, 1, 990, 1010)
    // The loss lies between 0 and 20 + log 10 and is off by a few roundings of that.
    const loss = output(problem.reduction === 'none' ? 9 : 1, { rtol: 0, atol: 8 * ROUNDING * 23 })
    const saved = [output(18, { rtol: 2 * ROUNDING, atol: 4 * ROUNDING }), output(1, 'exact')]
    const args = [plain(problem), input(logits), input(integersBelow(10, 9, 2)), input(null), loss, ...saved]
    checkCalls([{ kernel: 'crossEntropyForward', title: text, args }], backends())
  }
})

it('keeps the digits of the gradient where logits are ten thousand', () => {
  const problem = parseProblem('cross_entropy', 'rows4c5_none')
  const logits = uniform(20, 1).map((value, i) => Math.fround((i % 2 === 0 ? 1e4 : 9998) + value))
  const target = integersBelow(5, 4, 2)
  const saved = new Float32Array(8)
  crossEntropyForward(problem, logits, target, null, new Float32Array(4), saved, new Float32Array(1))
  const gradient = output(20, { rtol: 0, atol: 16 * ROUNDING })
  const ends = [input(saved), input(Float32Array.of(4)), gradient]
  const args = [plain(problem), input(uniform(4, 3)), input(logits), input(target), input(null), ...ends]
  checkCalls([{ kernel: 'crossEntropyBackward', title: '1e4', args }], backends())
})
