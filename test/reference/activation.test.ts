import { expect, it } from 'vitest'
import { type Activation, activationBackward, activationForward, activations } from '../../lib/reference/index.ts'

const STEP = 1e-5

/** `a` and `b` of the activations that have parameters, in several signs. */
const parameters: Partial<Record<Activation, [number, number][]>> = {
  leakyRelu: [[0.1, 0]],
  elu: [
    [1.5, 0],
    [-0.5, 0],
  ],
  celu: [
    [0.5, 0],
    [-2, 0],
  ],
  softplus: [
    [1, 20],
    [3, 4],
  ],
  hardtanh: [[-1, 0.5]],
}

const keepsInput = ['silu', 'gelu', 'geluTanh', 'softplus', 'mish', 'hardswish']

it.each(activations)('the derivative of %s is that of its values', (op) => {
  for (const [a, b] of parameters[op] ?? [[0, 0]]) {
    for (const x of [-7.1, -3.4, -2.7, -1.3, -0.6, -0.01, 0.02, 0.3, 0.7, 1.8, 2.9, 3.3, 6.5]) {
      const at = (input: number): number => {
        const output = new Float64Array(1)
        activationForward(op, a, b, 1, Float64Array.of(input), output)
        return output[0]
      }
      const kept = keepsInput.includes(op) || (op === 'elu' && a < 0) ? x : at(x)
      const gradInput = new Float64Array(1)
      activationBackward(op, a, b, 1, Float64Array.of(kept), Float64Array.of(2), gradInput)
      const difference = (at(x + STEP) - at(x - STEP)) / (2 * STEP)
      expect(gradInput[0] / 2, `at ${x} with ${a}, ${b}`).toBeCloseTo(difference, 7)
    }
  }
})

it('the normal distribution behind gelu is right to the last digits', () => {
  // Φ(x) to 16 digits.
  const table = [
    [0.5, 0.6914624612740131],
    [-1, 0.1586552539314571],
    [2.5, 0.993790334674224],
    [-2.99, 0.001394887235492249],
    [-3, 0.001349898031630095],
    [-6, 9.865876450376981e-10],
  ]
  const input = Float64Array.from(table, ([x]) => x)
  const output = new Float64Array(table.length)
  activationForward('gelu', 0, 0, table.length, input, output)
  table.forEach(([x, cdf], i) => {
    expect(output[i] / (x * cdf)).toBeCloseTo(1, 12)
  })
})
