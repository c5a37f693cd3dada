import { describe, expect, it } from 'vitest'
import { type ProblemOp, type Problems, parseProblem } from '../../lib/kernels/problem_string.ts'
import { caseSets } from '../cases/index.ts'
import { uniform } from './data.ts'

/** Standard float64 numbers; the seed tells arrays apart. */
export const random = (size: number, seed: number, low = -1, high = 1): Float64Array =>
  Float64Array.from(uniform(size, seed, low, high))

/** A function of some arrays, and what its backward pass says are the gradients of `Σ output · gradOutput`. */
export interface Differentiable {
  inputs: Float64Array[]
  outputSize: number
  forward(output: Float64Array): void
  backward(gradOutput: Float64Array, grads: Float64Array[]): void
}

const STEP = 1e-5

/**
 * Expects every partial derivative to equal the central difference `(L(x + h) − L(x − h)) / 2h`, `h = 1e-5`. That is off by
 * `h² / 6` third derivatives, 2e-11 of them, and by the rounding of L over h, 1e-11 of it.
 */
function checkGradients({ inputs, outputSize, forward, backward }: Differentiable): void {
  const gradOutput = random(outputSize, 99)
  const output = new Float64Array(outputSize)
  const loss = (): number => {
    forward(output)
    return output.reduce((total, value, i) => total + value * gradOutput[i], 0)
  }
  const grads = inputs.map((input) => new Float64Array(input.length).fill(Number.NaN))
  forward(output)
  backward(gradOutput, grads)
  inputs.forEach((input, which) => {
    for (let i = 0; i < input.length; i++) {
      const value = input[i]
      input[i] = value + STEP
      const above = loss()
      input[i] = value - STEP
      const below = loss()
      input[i] = value
      const difference = (above - below) / (2 * STEP)
      const error = Math.abs(grads[which][i] - difference)
      if (!(error <= 1e-7 * (1 + Math.abs(difference)))) {
        expect.fail(`gradient ${which}[${i}]: central difference ${difference}, backward gives ${grads[which][i]}`)
      }
    }
  })
}

/** One test for each edge case that is small enough to be differenced element by element. */
export function describeOp<Op extends ProblemOp>(op: Op, make: (problem: Problems[Op]) => Differentiable[]): void {
  describe(op, () => {
    const texts = Object.entries(caseSets[op].edges).filter(([, text]) => {
      const size = caseSets[op].bytes(parseProblem(op, text) as never)
      return size < 4000
    })
    for (const [name, text] of texts) {
      it(`${name} ${text}`, () => {
        for (const differentiable of make(parseProblem(op, text))) checkGradients(differentiable)
      })
    }
    it('has cases', () => {
      expect(texts.length).toBeGreaterThan(2)
    })
  })
}
