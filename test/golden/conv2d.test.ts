import { functional as F } from '../../lib/index.ts'
import { describeGolden } from '../support/golden_op.ts'

type Pair = [number, number]

describeGolden(
  'conv2d',
  ({ x, weight, bias }, args) =>
    F.conv2d(x, weight, bias ?? null, {
      stride: args.stride as Pair,
      padding: args.padding as Pair | 'same' | 'valid',
      dilation: args.dilation as Pair,
      groups: args.groups as number,
    }),
  (golden) => golden.args.padding_mode === 'zeros',
)
