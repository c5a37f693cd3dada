import { manualSeed, StridedError, Tensor, tidy } from '../../lib/index.ts'
import type { Backend } from '../../lib/kernels/backend.ts'
import { withBackend } from '../../lib/kernels/select.ts'
import { makeLeaf } from './leaves.ts'
import { call } from './ops.ts'
import { decode, type Program } from './program.ts'

/** A tensor after the run, row-major, or any other result. */
export interface Result {
  what: string
  shape: readonly number[]
  dtype: string
  values: ArrayLike<number | bigint>
}

/** What a program came to: all its results, or those before the call that threw. */
export interface Outcome {
  results: Result[]
  error: StridedError | null
}

/** An error that the library does not throw on purpose: always a finding. */
export class ForeignError extends Error {}

/** The tensors and numbers in what a call returned. */
function resultsIn(what: string, value: unknown): Result[] {
  if (value instanceof Tensor) {
    return [{ what, shape: value.shape, dtype: value.dtype, values: value.toTypedArray() }]
  }
  if (Array.isArray(value)) return value.flatMap((item, i) => resultsIn(`${what}.${i}`, item))
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return [{ what, shape: [], dtype: typeof value, values: [typeof value === 'boolean' ? Number(value) : value] }]
  }
  return []
}

/** Float results that gradients flow from, lists flattened. */
function differentiable(value: unknown): Tensor[] {
  if (Array.isArray(value)) return value.flatMap(differentiable)
  return value instanceof Tensor && value.requiresGrad && !value.isLeaf ? [value] : []
}

/** Weights from 0.5 to 1.5 that differ from element to element, so that gradients do. */
function weightsLike(output: Tensor, seed: number): Tensor {
  return makeLeaf({ shape: output.shape, seed, fill: 'unit' }).add(0.5)
}

function backward(leaves: readonly Tensor[], values: readonly unknown[]): Result[] {
  const outputs = values.flatMap(differentiable)
  if (outputs.length === 0) return []
  const sums = outputs.map((output, i) => output.mul(weightsLike(output, i)).sum())
  sums.reduce((total, sum) => total.add(sum)).backward()
  return leaves.flatMap((leaf, i) => (leaf.grad === null ? [] : resultsIn(`gradient of leaf ${i}`, leaf.grad)))
}

/** Runs a program on a backend; `nudged` seeds small errors of its leaves. */
export function runProgram(program: Program, backend: Backend, nudged = 0): Outcome {
  return withBackend(backend, () =>
    tidy(() => {
      const results: Result[] = []
      try {
        manualSeed(1)
        const leaves = program.leaves.map((leaf) => makeLeaf(leaf, nudged))
        const values: unknown[] = [...leaves]
        for (const [i, [op, ...args]] of program.steps.entries()) {
          const value = call(op, decode(args, values) as unknown[])
          values.push(value)
          results.push(...resultsIn(`step ${i} ${op}`, value))
        }
        if (program.backward) results.push(...backward(leaves, values))
        return { results, error: null }
      } catch (error) {
        if (error instanceof StridedError) return { results, error }
        throw new ForeignError(`${(error as Error)?.name}: ${(error as Error)?.message}`, { cause: error })
      }
    }),
  )
}
