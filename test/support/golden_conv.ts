import type { Tensor } from '../../lib/index.ts'
import type { ConvOptions } from '../../lib/ops/conv_problem.ts'
import { describeGolden } from './golden_op.ts'

type Convolution = (input: Tensor, weight: Tensor, bias: Tensor | null, options: ConvOptions) => Tensor

/** Every golden case of a convolution with its options under the public names. */
export function describeGoldenConv(op: string, run: Convolution): void {
  describeGolden(op, ({ x, weight, bias }, args) => {
    const { stride, padding, dilation, groups, padding_mode: paddingMode } = args
    return run(x, weight, bias ?? null, { stride, padding, dilation, groups, paddingMode } as ConvOptions)
  })
}
