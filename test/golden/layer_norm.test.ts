import { functional as F } from '../../lib/index.ts'
import { describeGolden } from '../support/golden_op.ts'

describeGolden('layer_norm', ({ x, weight = null, bias = null }, args) =>
  F.layerNorm(x, args.normalized_shape as number[], { weight, bias, eps: args.eps as number }),
)

describeGolden('rms_norm', ({ x, weight = null }, args) =>
  F.rmsNorm(x, args.normalized_shape as number[], { weight, eps: args.eps as number }),
)

describeGolden('local_response_norm', ({ x }, args) =>
  F.localResponseNorm(x, args.size as number, {
    ...{ alpha: args.alpha as number, beta: args.beta as number, k: args.k as number },
  }),
)
