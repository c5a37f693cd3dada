import { describe, expect, it } from 'vitest'
import { type Tensor, tensor } from '../../lib/index.ts'
import { expectGolden, floats, type GoldenCase, type GoldenTensor, goldenCases } from './golden.ts'

/** A tensor of the library with the values of a golden one. */
export function toTensor(golden: GoldenTensor, requiresGrad = false): Tensor {
  return tensor(golden.data.slice() as Float32Array, { shape: golden.shape, requiresGrad })
}

/** The inputs of a case as tensors; those that it has a gradient for require one. */
export function inputsOf(golden: GoldenCase): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(golden.inputs).map(([name, value]) => [name, toTensor(value, `d${name}` in golden.grads)]),
  )
}

/** Expects shape and values of an output or gradient of a case. */
export function expectTensor(golden: GoldenCase, name: string, got: Tensor | null): void {
  const want = golden.outputs[name] ?? golden.grads[name]
  expect(got, `${golden.name} has ${name}`).not.toBeNull()
  expect(got!.shape, `${golden.name}: shape of ${name}`).toEqual(want.shape)
  expectGolden(golden, name, got!.toTypedArray() as Float32Array)
}

/** Runs `backward` from the case's upstream gradient and expects the gradients that the case has. */
export function expectGrads(golden: GoldenCase, output: Tensor, inputs: Record<string, Tensor>): void {
  if (Object.keys(golden.grads).length === 0) return
  output.backward(inputs.dy)
  for (const name of Object.keys(golden.grads)) expectTensor(golden, name, inputs[name.slice(1)].grad)
}

/**
 * One test for each golden case of an operator with one output `y`, forward and backward.
 *
 * @param run the operator in terms of the public functions
 */
export function describeGolden(
  op: string,
  run: (inputs: Record<string, Tensor>, args: Record<string, unknown>, golden: GoldenCase) => Tensor,
  wanted: (golden: GoldenCase) => boolean = () => true,
): void {
  describe(op, () => {
    for (const golden of goldenCases(op, wanted)) {
      it(golden.name, () => {
        const inputs = inputsOf(golden)
        const output = run(inputs, golden.args, golden)
        expectTensor(golden, 'y', output)
        expectGrads(golden, output, inputs)
        for (const [name, value] of Object.entries(golden.inputs)) {
          if (!(value.data instanceof Float32Array)) continue
          expect(inputs[name].toTypedArray(), `${name} is unchanged`).toEqual(floats(value))
        }
      })
    }
  })
}
