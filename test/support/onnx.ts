import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { expect } from 'vitest'
import { type ExportOnnxOptions, exportOnnx, type nn, noGrad, randn, type Tensor } from '../../lib/index.ts'

/** Outputs of an ONNX model in ONNX Runtime, for several lists of inputs. */
async function runOnnx(bytes: Uint8Array, runs: readonly (readonly Tensor[])[]): Promise<OrtTensor[][]> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 })
  const results: OrtTensor[][] = []
  for (const inputs of runs) {
    const feeds = session.inputNames.map((name, i) => {
      return [name, new OrtTensor('float32', inputs[i].toTypedArray() as Float32Array, [...inputs[i].shape])]
    })
    const outputs = await session.run(Object.fromEntries(feeds))
    results.push(session.outputNames.map((name) => outputs[name] as OrtTensor))
  }
  await session.release()
  return results
}

/** Largest difference of an output from what is expected, as a share of the largest expected number or of 1. */
function errorOf(output: OrtTensor, expected: Tensor): number {
  expect(output.dims).toEqual(expected.shape)
  const values = expected.toTypedArray() as Float32Array
  const got = output.data as Float32Array
  let worst = 0
  let largest = 1
  values.forEach((value, i) => {
    // Infinities and no numbers must be the same.
    if (!Object.is(value, got[i])) worst = Math.max(worst, Number.isFinite(value) ? Math.abs(value - got[i]) : Infinity)
    largest = Math.max(largest, Number.isFinite(value) ? Math.abs(value) : 0)
  })
  return worst / largest
}

/** How far a forward pass and ONNX Runtime's may be apart. */
export const ONNX_TOLERANCE = 1e-4

/**
 * Exports a model for any batch, and unless told otherwise for the batch of its shape alone, runs the files in ONNX
 * Runtime and compares their outputs with the model's own.
 */
export async function expectOnnxToAgree(
  model: nn.Module,
  shapes: readonly (readonly number[])[],
  { batches = [1, 3], fixed = true }: { batches?: readonly number[]; fixed?: boolean } = {},
): Promise<void> {
  model.eval()
  const inputShape = shapes as ExportOnnxOptions['inputShape']
  if (fixed) await expectSame(model, exportOnnx(model, { inputShape }), [shapes])
  const others = batches.map((batch) => shapes.map((shape) => [batch, ...shape.slice(1)]))
  await expectSame(model, exportOnnx(model, { inputShape, dynamicBatch: true }), others)
}

type Shapes = readonly (readonly number[])[]

async function expectSame(model: nn.Module, bytes: Uint8Array, runs: readonly Shapes[]): Promise<void> {
  const inputs = runs.map((shapes) => shapes.map((shape) => randn([...shape])))
  const results = await runOnnx(bytes, inputs)
  results.forEach((outputs, run) => {
    const result = noGrad(() => model.forward(...(inputs[run] as [Tensor]))) as Tensor | Tensor[]
    const expected = Array.isArray(result) ? result : [result]
    expect(outputs.length).toBe(expected.length)
    outputs.forEach((output, i) => {
      const error = errorOf(output, expected[i])
      expect(error, `output ${i} for ${JSON.stringify(runs[run])}`).toBeLessThan(ONNX_TOLERANCE)
    })
  })
}

/** Moves a model away from what it begins with: random numbers on biases and weights of norms, used running statistics. */
export function unsettle(model: nn.Module, shapes: readonly (readonly number[])[]): void {
  noGrad(() => {
    for (const parameter of model.parameters())
      if (parameter.ndim === 1) parameter.add_(randn(parameter.shape).mul(0.1))
    model.train().forward(...(shapes.map((shape) => randn([...shape])) as [Tensor]))
  })
  model.eval()
}
