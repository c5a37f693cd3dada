import { it } from 'vitest'
import { relu } from '../cases/relu.ts'
import {
  absent,
  checkCalls,
  inout,
  input,
  type KernelCall,
  output,
  outputLike,
  plain,
  same,
} from '../support/check_op.ts'
import { integersBelow, uniform } from '../support/data.ts'
import { backends, describeCases } from '../support/native_cases.ts'

/** Both passes, apart and in place; every element is one of its inputs or 0. */
function callsOver(data: Float32Array): KernelCall[] {
  const size = data.length
  const title = `size${size}`
  const gradOutput = uniform(size, 2)
  const exact = output(size, 'exact')
  const residual = uniform(size, 3)
  const room = new Uint8Array(Math.ceil(size / 8))
  const bits = outputLike(room, 'exact')
  const kept = Uint8Array.from(integersBelow(256, room.length, 4))
  return [
    { kernel: 'reluBitsForward', title, args: [plain(size), input(data), absent, exact, bits] },
    { kernel: 'reluBitsForward', title, args: [plain(size), input(data), input(residual), exact, bits] },
    { kernel: 'reluBitsForward', title, args: [plain(size), input(data), input(residual), exact, absent] },
    {
      kernel: 'reluBitsForward',
      title: `in place ${title}`,
      args: [plain(size), input(data), inout(residual, 'exact'), same(2), bits],
    },
    { kernel: 'reluBitsBackward', title, args: [plain(size), input(kept), input(gradOutput), exact] },
    {
      kernel: 'reluBitsBackward',
      title: `in place ${title}`,
      args: [plain(size), input(kept), inout(gradOutput, 'exact'), same(2)],
    },
    { kernel: 'reluForward', title, args: [plain(size), input(data), exact] },
    { kernel: 'reluForward', title: `in place ${title}`, args: [plain(size), inout(data, 'exact'), same(1)] },
    { kernel: 'reluBackward', title, args: [plain(size), input(data), input(gradOutput), exact] },
    {
      kernel: 'reluBackward',
      title: `in place ${title}`,
      args: [plain(size), input(data), inout(gradOutput, 'exact'), same(2)],
    },
  ]
}

describeCases(
  relu,
  ({ size }) => callsOver(uniform(size, 1)),
  ({ size }) => ({ size: Math.min(size, 70_001) }),
)

it('passes on NaN and infinities', () => {
  const values = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1]
  checkCalls(callsOver(Float32Array.from({ length: 35 }, (_, i) => values[i % values.length])), backends())
})
