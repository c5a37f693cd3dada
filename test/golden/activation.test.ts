import { functional as F } from '../../lib/index.ts'
import { describeGolden } from '../support/golden_op.ts'

describeGolden('relu', ({ x }) => F.relu(x))
describeGolden('leaky_relu', ({ x }, args) => F.leakyRelu(x, { negativeSlope: args.negative_slope as number }))
describeGolden('elu', ({ x }, { alpha }) => F.elu(x, { alpha: alpha as number }))
describeGolden('selu', ({ x }) => F.selu(x))
describeGolden('silu', ({ x }) => F.silu(x))
describeGolden('gelu', ({ x }, { approximate }) => F.gelu(x, { approximate: approximate as 'none' | 'tanh' }))
describeGolden('sigmoid', ({ x }) => x.sigmoid())
describeGolden('tanh', ({ x }) => x.tanh())
describeGolden('softplus', ({ x }, { beta, threshold }) =>
  F.softplus(x, { beta: beta as number, threshold: threshold as number }),
)
describeGolden('hardswish', ({ x }) => F.hardswish(x))
describeGolden('softmax', ({ x }, { dim }) => F.softmax(x, dim as number))
describeGolden('log_softmax', ({ x }, { dim }) => F.logSoftmax(x, dim as number))
