import { describe, expect, it } from 'vitest'
import { functional as F } from '../../lib/index.ts'
import { goldenCases } from '../support/golden.ts'
import { describeGolden, expectGrads, expectTensor, inputsOf } from '../support/golden_op.ts'

describeGolden('group_norm', ({ x, weight = null, bias = null }, args) =>
  F.groupNorm(x, args.num_groups as number, { weight, bias, eps: args.eps as number }),
)

describe('instance_norm', () => {
  for (const golden of goldenCases('instance_norm')) {
    it(golden.name, () => {
      const { args } = golden
      const inputs = inputsOf(golden)
      const { x, weight = null, bias = null, running_mean = null, running_var = null } = inputs
      const output = F.instanceNorm(x, {
        ...{ weight, bias, runningMean: running_mean, runningVar: running_var },
        ...{ useInputStats: args.use_input_stats as boolean, momentum: args.momentum as number, eps: args.eps as number },
      })
      expectTensor(golden, 'y', output)
      expectGrads(golden, output, inputs)
      for (const name of ['running_mean', 'running_var']) {
        if (golden.outputs[name]) expectTensor(golden, name, inputs[name])
        else expect(inputs[name]).toBeUndefined()
      }
    })
  }
})
