import { it } from 'vitest'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { AnyArray, CastProblem, DType } from '../../lib/reference/index.ts'
import { philoxWords } from '../../lib/reference/random.ts'
import { cast } from '../cases/cast.ts'
import { checkCalls, input, type KernelCall, outputLike, plain } from '../support/check_op.ts'
import { uniform } from '../support/data.ts'
import { backends, describeCases } from '../support/native_cases.ts'

const empty: Record<DType, (size: number) => AnyArray> = {
  float32: (size) => new Float32Array(size),
  int32: (size) => new Int32Array(size),
  uint8: (size) => new Uint8Array(size),
  int64: (size) => new BigInt64Array(size),
}

/** Elements of every size: small and negative ones in the first half, any bits in the second. */
function elements(dtype: DType, size: number): AnyArray {
  if (dtype === 'float32') return uniform(size, 1, -300, 300)
  const words = philoxWords(2 * size, 2, 0)
  const small = (i: number): number => (words[i] % 601) - 300
  if (dtype === 'int32') return Int32Array.from({ length: size }, (_, i) => (i < size / 2 ? small(i) : words[i] | 0))
  if (dtype === 'uint8') return Uint8Array.from(words.subarray(0, size))
  const wide = new BigInt64Array(words.buffer, 0, size)
  return BigInt64Array.from({ length: size }, (_, i) => (i < size / 2 ? BigInt(small(i)) : wide[i]))
}

function callOver(problem: CastProblem, data: AnyArray): KernelCall {
  const args = [plain(problem), input(data), outputLike(empty[problem.to](problem.size), 'exact')]
  return { kernel: 'cast', title: printProblem('cast', problem), args }
}

describeCases(cast, (problem) => [callOver(problem, elements(problem.from, problem.size))])

it('rounds int64 to float32 once, to nearest and even', () => {
  const values = [2n ** 24n + 1n, 2n ** 24n + 3n, 2n ** 62n + 2n ** 38n, 2n ** 62n + 2n ** 38n + 1n, -(2n ** 63n)]
  const problem: CastProblem = { size: values.length, from: 'int64', to: 'float32' }
  checkCalls([callOver(problem, BigInt64Array.from(values))], backends())
})

for (const to of ['int32', 'uint8', 'int64'] as const) {
  it(`turns floats that do not fit into the lowest ${to}, through int64 for uint8`, () => {
    const values = [Number.NaN, Infinity, -Infinity, 3e38, -3e38, 2 ** 31, -(2 ** 31), 2 ** 63, 255.9, 256, -1.5, -0.5]
    const data = Float32Array.from([...values, ...values])
    checkCalls([callOver({ size: data.length, from: 'float32', to }, data)], backends())
  })
}
