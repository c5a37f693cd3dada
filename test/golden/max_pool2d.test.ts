import { describe, expect, it } from 'vitest'
import { functional as F, type Tensor } from '../../lib/index.ts'
import { goldenCases } from '../support/golden.ts'
import { describeGolden, expectTensor, inputsOf } from '../support/golden_op.ts'

type Pair = [number, number]

const optionsOf = (args: Record<string, unknown>) => ({
  stride: args.stride as Pair,
  padding: args.padding as Pair,
  dilation: args.dilation as Pair,
  ceilMode: args.ceil_mode as boolean,
})

describeGolden('max_pool2d', ({ x }, args) => F.maxPool2d(x, args.kernel_size as Pair, optionsOf(args)))

describe('max_pool2d with indices', () => {
  for (const golden of goldenCases('max_pool2d', ({ args }) => args.return_indices === true)) {
    it(golden.name, () => {
      const { x } = inputsOf(golden)
      const options = { ...optionsOf(golden.args), returnIndices: true as const }
      const both: [Tensor, Tensor] = F.maxPool2d(x, golden.args.kernel_size as Pair, options)
      expect(both).toHaveLength(2)
      expectTensor(golden, 'y', both[0])
      expectTensor(golden, 'indices', both[1])
    })
  }
})
