import { functional as F } from '../../lib/index.ts'
import { describeGoldenConv } from '../support/golden_conv.ts'

describeGoldenConv('conv1d', F.conv1d)
