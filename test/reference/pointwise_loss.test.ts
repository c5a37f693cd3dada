import { expect, it } from 'vitest'
import { parseProblem } from '../../lib/kernels/problem_string.ts'
import { pointwiseLossBackward, pointwiseLosses, pointwiseLossForward } from '../../lib/reference/index.ts'

const STEP = 1e-6

it.each(pointwiseLosses)('the derivatives of %s are those of its values', (op) => {
  const probabilities = op === 'bce' || op === 'klDiv'
  for (const each of [false, true]) {
    const problem = parseProblem('pointwise_loss', `size6width3a0.75_${op}${each ? '_each' : ''}`)
    const input = Float64Array.of(0.1, 0.35, 0.7, 0.9, 0.55, 0.02)
    const target = Float64Array.of(0.3, 0.8, 0.2, 0.6, 0.15, 0.95)
    if (!probabilities) input.set(input.map((value) => 6 * value - 3))
    const weights = [Float64Array.of(1, 2, 0.5), Float64Array.of(3, 1, 0.2)] as const
    const gradLoss = Float64Array.of(1, -1, 2, 0.5, 3, 1).subarray(0, each ? 6 : 1)
    const total = (): number => {
      const loss = new Float64Array(gradLoss.length)
      pointwiseLossForward(problem, input, target, ...weights, loss)
      return loss.reduce((sum, value, i) => sum + value * gradLoss[i], 0)
    }
    const grads = [new Float64Array(6), new Float64Array(6)]
    pointwiseLossBackward(problem, input, target, ...weights, gradLoss, grads[0], grads[1])
    for (const [which, data] of [input, target].entries()) {
      data.forEach((value, i) => {
        data[i] = value + STEP
        const above = total()
        data[i] = value - STEP
        const difference = (above - total()) / (2 * STEP)
        data[i] = value
        expect(grads[which][i], `${which ? 'target' : 'input'} ${i}`).toBeCloseTo(difference, 6)
      })
    }
  }
})
