import { expect, it } from 'vitest'
import { parseProblem } from '../../lib/kernels/problem_string.ts'
import { backends } from '../support/native_cases.ts'

it('pooling kernels refuse problems that their integers cannot hold, before any buffer is looked at', () => {
  const problem = parseProblem('max_pool', 'c1ih20kh2sh1ph0')
  const [{ backend }] = backends()
  const expectRefusal = (changes: Partial<typeof problem>, message: string): void => {
    expect(() => backend.kernels.maxPoolForward({ ...problem, ...changes }, 0, 0, 0)).toThrow(
      `maxPoolForward: ${message}`,
    )
  }
  expectRefusal({ kh: 16, kw: 16 }, 'a window of over 255 taps needs positions')
  expectRefusal({ ih: 2 ** 30 }, 'a size is over 2^29')
  expectRefusal({ kh: 2 ** 20, dh: 2 ** 20, positions: true }, 'a window reaches over 2^30')
  expectRefusal({ ih: 2 ** 28, iw: 2 ** 28 }, 'an image has over 2^31 elements')
  expectRefusal({ sw: 0 }, 'sw must be a whole number of at least 1')
})
