import { functional as F } from '../../lib/index.ts'
import { describeGolden } from '../support/golden_op.ts'

describeGolden('linear', ({ x, weight, bias }) => F.linear(x, weight, bias ?? null))
