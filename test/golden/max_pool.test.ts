import { describe, expect, it } from 'vitest'
import { functional as F, type Tensor } from '../../lib/index.ts'
import { goldenCases } from '../support/golden.ts'
import { describeGolden, expectTensor, inputsOf } from '../support/golden_op.ts'

const optionsOf = (args: Record<string, unknown>) => ({
  stride: args.stride as number[],
  padding: args.padding as number[],
  dilation: args.dilation as number[],
  ceilMode: args.ceil_mode as boolean,
})

for (const [op, pool] of Object.entries({ max_pool1d: F.maxPool1d, max_pool2d: F.maxPool2d, max_pool3d: F.maxPool3d })) {
  describeGolden(op, ({ x }, args) => pool(x, args.kernel_size as number[], optionsOf(args)))

  describe(`${op} with indices`, () => {
    for (const golden of goldenCases(op, ({ args }) => args.return_indices === true)) {
      it(golden.name, () => {
        const { x } = inputsOf(golden)
        const options = { ...optionsOf(golden.args), returnIndices: true as const }
        const both: [Tensor, Tensor] = pool(x, golden.args.kernel_size as number[], options)
        expect(both).toHaveLength(2)
        expectTensor(golden, 'y', both[0])
        expectTensor(golden, 'indices', both[1])
      })
    }
  })
}
