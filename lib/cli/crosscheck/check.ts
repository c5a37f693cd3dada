import { Generator } from '../../data/generator.ts'
import type { Backend } from '../../kernels/backend.ts'
import { createNativeBackend } from '../../kernels/native.ts'
import { createReferenceBackend } from '../../kernels/reference_backend.ts'
import { withBackend } from '../../kernels/select.ts'
import { tensor } from '../../tensor/create.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { elements } from './elements.ts'
import { layers } from './layers.ts'
import { type Problem, Random } from './problem.ts'
import { optimizers } from './steps.ts'

/** Ops by name. */
export const ops = { ...layers, ...elements, ...optimizers }

/** Errors above this, relative to the largest number of the result, are mismatches: rounding of float32 stays below 1e-5. */
export const LIMIT = 5e-5

/** The worst of an op's problems. */
export interface OpResult {
  op: string
  problems: number
  /** Largest difference from the reference over the largest number of the result. */
  error: number
  /** The problem, instruction set and number of threads with that error. */
  worst: string
  /** What went wrong; empty when nothing did. */
  mismatches: string[]
}

/** What a problem is given: numbers for its inputs and for the gradient of its output. */
interface Data {
  inputs: (Float32Array | Int32Array)[]
  gradient: Float32Array
}

/** The output of a problem on a backend, and the gradients of its inputs. */
function solve(backend: Backend, { inputs, run }: Problem, data: Data): Float32Array[] {
  return withBackend(backend, () => {
    const tensors = inputs.map(({ shape, classes, grad = true }, i) => {
      return tensor(data.inputs[i], { shape: [...shape], requiresGrad: grad && classes === undefined })
    })
    const output = run(tensors)
    if (output.requiresGrad) {
      output.backward(tensor(data.gradient.subarray(0, output.size), { shape: [...output.shape] }))
    }
    const gradients = tensors.flatMap(({ grad }) => (grad === null ? [] : [grad]))
    return [output, ...gradients].map((one: Tensor) => one.toTypedArray() as Float32Array)
  })
}

function errorOf(got: readonly Float32Array[], want: readonly Float32Array[]): number {
  return Math.max(
    ...want.map((array, i) => {
      let largest = Number.MIN_VALUE
      let difference = 0
      for (let j = 0; j < array.length; j++) {
        largest = Math.max(largest, Math.abs(array[j]))
        const distance = Math.abs(got[i][j] - array[j])
        // A NaN on one side alone must not get lost in the maximum.
        difference =
          Number.isNaN(distance) && !Object.is(got[i][j], array[j])
            ? Number.POSITIVE_INFINITY
            : Math.max(difference, distance || 0)
      }
      return difference / largest
    }),
  )
}

const sameBits = (a: readonly Float32Array[], b: readonly Float32Array[]): boolean =>
  a.every(
    (array, i) =>
      Buffer.compare(
        Buffer.from(array.buffer, array.byteOffset, array.byteLength),
        Buffer.from(b[i].buffer, b[i].byteOffset, b[i].byteLength),
      ) === 0,
  )

/** What to check: every op on every instruction set with every number of threads. */
export interface CheckOptions {
  names: readonly string[]
  isas: readonly string[]
  threads: readonly number[]
  problems: number
  seed: number
  limit?: number
}

/** Compares the native kernels with the reference on random problems, op by op. */
export function* crosscheck({ names, isas, threads, problems, seed, limit = LIMIT }: CheckOptions): Iterable<OpResult> {
  const reference = createReferenceBackend()
  const natives = isas.map((isa) => ({ isa, backend: createNativeBackend({ isa }) }))
  for (const op of names) {
    const result: OpResult = { op, problems, error: 0, worst: '', mismatches: [] }
    for (let i = 0; i < problems; i++) {
      const random = new Random(new Generator(seed).fork(i))
      const problem = ops[op](random)
      const inputs = problem.inputs.map((input) => random.fill(input))
      const data = { inputs, gradient: random.fill({ shape: [1 << 17] }) as Float32Array }
      const want = solve(reference, problem, data)
      for (const { isa, backend } of natives)
        checkThreads(result, problem, data, want, { isa, backend, threads, limit })
    }
    yield result
  }
}

function checkThreads(
  result: OpResult,
  problem: Problem,
  data: Data,
  want: readonly Float32Array[],
  { isa, backend, threads, limit }: { isa: string; backend: Backend; threads: readonly number[]; limit: number },
): void {
  let first: Float32Array[] | null = null
  for (const count of threads) {
    backend.setNumThreads(count)
    const where = `${problem.title} on ${isa} with ${count} ${count === 1 ? 'thread' : 'threads'}`
    const got = solve(backend, problem, data)
    const error = errorOf(got, want)
    if (error >= result.error) Object.assign(result, { error, worst: where })
    if (!(error <= limit)) result.mismatches.push(`${result.op} ${where}: error ${error.toExponential(1)}`)
    if (first !== null && !sameBits(first, got)) {
      result.mismatches.push(`${result.op} ${where}: other bits than with ${threads[0]}`)
    }
    first ??= got
  }
}
