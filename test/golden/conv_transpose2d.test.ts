import { functional as F } from '../../lib/index.ts'
import type { ConvTransposeOptions } from '../../lib/ops/transposed_convolution.ts'
import { describeGolden } from '../support/golden_op.ts'

describeGolden('conv_transpose2d', ({ x, weight, bias }, args) => {
  const { stride, padding, output_padding: outputPadding, dilation, groups } = args
  const options = { stride, padding, outputPadding, dilation, groups } as ConvTransposeOptions
  return F.convTranspose2d(x, weight, bias ?? null, options)
})
