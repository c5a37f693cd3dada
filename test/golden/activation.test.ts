import { functional as F } from '../../lib/index.ts'
import { describeGolden } from '../support/golden_op.ts'

describeGolden('relu', ({ x }) => F.relu(x))
describeGolden('sigmoid', ({ x }) => x.sigmoid())
describeGolden('tanh', ({ x }) => x.tanh())
describeGolden('softmax', ({ x }, { dim }) => F.softmax(x, dim as number))
describeGolden('log_softmax', ({ x }, { dim }) => F.logSoftmax(x, dim as number))
