import type { Problems } from '../../lib/kernels/problem_string.ts'
import { fill } from '../cases/fill.ts'
import { type KernelCall, output, plain } from '../support/check_op.ts'
import { describeCases } from '../support/native_cases.ts'

const values = [0, 0.3, -1, Number.NaN, Infinity]

function calls({ size }: Problems['fill']): KernelCall[] {
  return values.map((value) => ({
    kernel: 'fill',
    title: `size${size} with ${value}`,
    args: [plain(size), plain(value), output(size, 'exact')],
  }))
}

describeCases(fill, calls, ({ size }) => ({ size: Math.min(size, 100_003) }))
