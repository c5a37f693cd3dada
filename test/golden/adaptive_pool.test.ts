import { describe, it } from 'vitest'
import { functional as F } from '../../lib/index.ts'
import { goldenCases } from '../support/golden.ts'
import { describeGolden, expectTensor, inputsOf } from '../support/golden_op.ts'

const sizeOf = (args: Record<string, unknown>): number[] => args.output_size as number[]

const averages = { 1: F.adaptiveAvgPool1d, 2: F.adaptiveAvgPool2d, 3: F.adaptiveAvgPool3d }
for (const [rank, pool] of Object.entries(averages)) {
  describeGolden(`adaptive_avg_pool${rank}d`, ({ x }, args) => pool(x, sizeOf(args)))
}

const maxima = { 1: F.adaptiveMaxPool1d, 2: F.adaptiveMaxPool2d, 3: F.adaptiveMaxPool3d }
for (const [rank, pool] of Object.entries(maxima)) {
  const op = `adaptive_max_pool${rank}d`
  describeGolden(op, ({ x }, args) => pool(x, sizeOf(args)))

  describe(`${op} with indices`, () => {
    for (const golden of goldenCases(op, ({ args }) => args.return_indices === true)) {
      it(golden.name, () => {
        const [values, indices] = pool(inputsOf(golden).x, sizeOf(golden.args), { returnIndices: true })
        expectTensor(golden, 'y', values)
        expectTensor(golden, 'indices', indices)
      })
    }
  })
}

describeGolden('global_avg_pool', ({ x }) => F.globalAvgPool(x))
describeGolden('global_max_pool', ({ x }) => F.globalMaxPool(x))
