import { functional as F } from '../../lib/index.ts'
import { describeGolden } from '../support/golden_op.ts'

type Reduction = 'none' | 'mean' | 'sum'

describeGolden('cross_entropy', ({ x, target, weight }, args) =>
  F.crossEntropy(x, target, {
    ...(weight && { weight }),
    ...(args.ignore_index !== undefined && { ignoreIndex: args.ignore_index as number }),
    labelSmoothing: args.label_smoothing as number,
    reduction: args.reduction as Reduction,
  }),
)

describeGolden('nll_loss', ({ x, target, weight }, args) =>
  F.nllLoss(x, target, {
    ...(weight && { weight }),
    ignoreIndex: args.ignore_index as number,
    reduction: args.reduction as Reduction,
  }),
)

describeGolden('mse_loss', ({ x, target }, args) => F.mseLoss(x, target, { reduction: args.reduction as Reduction }))
describeGolden('l1_loss', ({ x, target }, args) => F.l1Loss(x, target, { reduction: args.reduction as Reduction }))
describeGolden('smooth_l1_loss', ({ x, target }, args) =>
  F.smoothL1Loss(x, target, { beta: args.beta as number, reduction: args.reduction as Reduction }),
)
describeGolden('bce_with_logits', ({ x, target, weight, pos_weight }, args) =>
  F.bceWithLogits(x, target, {
    weight: weight ?? null,
    posWeight: pos_weight ?? null,
    reduction: args.reduction as Reduction,
  }),
)
