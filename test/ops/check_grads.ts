import { expect } from 'vitest'
import { noGrad, type Tensor, tensor } from '../../lib/index.ts'

/** Distance of the two evaluations; float32 leaves about 1e-7 / STEP of rounding error, the formula STEP² of its own. */
const STEP = 1e-2

/** A tensor like another one, order in memory included, with one element moved. */
function nudged(input: Tensor, index: number, by: number): Tensor {
  const values = input.toTypedArray() as Float32Array
  values[index] += by
  const made = tensor(values, { shape: input.shape })
  return input.isContiguous() || input.ndim < 3 ? made : made.contiguous({ memoryFormat: 'channelsLast' })
}

/** Fixed weights, different for every element, that make a number of a tensor. */
function weightsFor(output: Tensor): Float32Array {
  return Float32Array.from({ length: output.size }, (_, i) => 0.5 + ((i * 7) % 11) / 11)
}

/** `Σ weights · output` in double precision. */
function weighted(output: Tensor): number {
  const values = output.toTypedArray() as Float32Array
  const weights = weightsFor(output)
  return values.reduce((sum, value, i) => sum + weights[i] * value, 0)
}

/**
 * Expects the gradients that backward gives for every input that requires one to agree with central differences of
 * `Σ weights · fn(inputs)`.
 */
export function checkGrads(fn: (...inputs: Tensor[]) => Tensor, inputs: Tensor[], tolerance = 5e-3): void {
  for (const input of inputs) input.grad = null
  const output = fn(...inputs)
  output.backward(tensor(weightsFor(output), { shape: output.shape }))
  inputs.forEach((input, position) => {
    if (!input.requiresGrad) return
    const got = input.grad?.toTypedArray() as Float32Array
    expect(input.grad?.shape, `shape of the gradient of input ${position}`).toEqual(input.shape)
    for (let i = 0; i < input.size; i++) {
      const at = (by: number) =>
        weighted(noGrad(() => fn(...inputs.map((other, j) => (j === position ? nudged(input, i, by) : other)))))
      const want = (at(STEP) - at(-STEP)) / (2 * STEP)
      const error = Math.abs(got[i] - want)
      expect(error, `gradient of input ${position} at ${i}: got ${got[i]}, differences give ${want}`).toBeLessThan(
        tolerance * Math.max(1, Math.abs(want)),
      )
    }
  })
}
