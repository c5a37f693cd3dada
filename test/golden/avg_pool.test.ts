import { functional as F } from '../../lib/index.ts'
import { describeGolden } from '../support/golden_op.ts'

for (const [op, pool] of Object.entries({ avg_pool1d: F.avgPool1d, avg_pool2d: F.avgPool2d, avg_pool3d: F.avgPool3d })) {
  describeGolden(op, ({ x }, args) => {
    const { stride, padding, kernel_size: kernelSize } = args as Record<string, number[]>
    const { ceil_mode: ceilMode, count_include_pad: countIncludePad } = args as Record<string, boolean>
    const divisor = args.divisor_override === undefined ? {} : { divisorOverride: args.divisor_override as number }
    return pool(x, kernelSize, { stride, padding, ceilMode, countIncludePad, ...divisor })
  })
}
