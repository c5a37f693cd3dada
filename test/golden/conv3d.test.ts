import { functional as F } from '../../lib/index.ts'
import { describeGoldenConv } from '../support/golden_conv.ts'

describeGoldenConv('conv3d', F.conv3d)
