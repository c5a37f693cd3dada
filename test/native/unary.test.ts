import { it } from 'vitest'
import type { Problems } from '../../lib/kernels/problem_string.ts'
import type { UnaryOp } from '../../lib/reference/index.ts'
import { unary } from '../cases/unary.ts'
import { checkCalls, inout, input, type KernelCall, output, plain, same, type Tolerance } from '../support/check_op.ts'
import { ROUNDING, uniform } from '../support/data.ts'
import { backends, describeCases } from '../support/native_cases.ts'

// Single correctly rounded operations are exact, polynomials good to a few roundings; log near 1 is small
// itself, so that its error is relative too.
const tolerances: Record<UnaryOp, Tolerance> = {
  ...{ neg: 'exact', abs: 'exact', sqrt: 'exact', square: 'exact', reciprocal: 'exact', sign: 'exact', floor: 'exact' },
  exp: { rtol: 4 * ROUNDING, atol: 0 },
  log: { rtol: 4 * ROUNDING, atol: 0 },
}

function callsOver(op: UnaryOp, data: Float32Array): KernelCall[] {
  const { length } = data
  const title = `${op} size${length}`
  return [
    { kernel: 'unary', title, args: [plain(op), plain(length), input(data), output(length, tolerances[op])] },
    {
      kernel: 'unary',
      title: `in place ${title}`,
      args: [plain(op), plain(length), inout(data, tolerances[op]), same(2)],
    },
  ]
}

/** Numbers around 0 and, for the functions with a range to cover, far from it. */
function calls({ op, size }: Problems['unary']): KernelCall[] {
  const near = uniform(size, 1, -2, 2)
  const far = uniform(size, 2, -86, 86)
  const positive = far.map((value) => Math.exp(value / 1.01))
  return op === 'log' || op === 'sqrt'
    ? [...callsOver(op, near.map(Math.abs)), ...callsOver(op, positive)]
    : [...callsOver(op, near), ...callsOver(op, far)]
}

describeCases(unary, calls, ({ op, size }) => ({ op, size: Math.min(size, 100_003) }))

for (const op of Object.keys(tolerances) as UnaryOp[]) {
  it(`passes on NaN, infinities, zeros and overflow: ${op}`, () => {
    const values = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 88, -88, 89, -105, 3e38, -3e38, 0.5, -2.5, 1e-30]
    checkCalls(
      callsOver(
        op,
        Float32Array.from({ length: 33 }, (_, i) => values[i % values.length]),
      ),
      backends(),
    )
  })
}
