// The functions that layers are made of, as `functional` of the package.
import './methods.ts'

export {
  celu,
  elu,
  gelu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  mish,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  softsign,
  tanh,
} from './activation.ts'
export { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d, globalAvgPool } from './adaptive_avg_pool.ts'
export {
  type AdaptiveMaxPoolOptions,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  globalMaxPool,
} from './adaptive_max_pool.ts'
export type { OutputSize } from './adaptive_problem.ts'
export { type AvgPool1dOptions, type AvgPoolOptions, avgPool1d, avgPool2d, avgPool3d } from './avg_pool.ts'
export { type BatchNormOptions, batchNorm } from './batch_norm.ts'
export { type BatchRenormOptions, batchRenorm } from './batch_renorm.ts'
export { type BceOptions, type BceWithLogitsOptions, bce, bceWithLogits } from './bce.ts'
export { channelShuffle } from './channel_shuffle.ts'
export { clamp } from './clamp.ts'
export type { PaddingMode } from './conv_problem.ts'
export { convTranspose1d } from './conv_transpose1d.ts'
export { convTranspose2d } from './conv_transpose2d.ts'
export { convTranspose3d } from './conv_transpose3d.ts'
export { type Conv1dOptions, conv1d } from './conv1d.ts'
export { type Conv2dOptions, conv2d } from './conv2d.ts'
export { type Conv3dOptions, conv3d } from './conv3d.ts'
export { type CrossEntropyOptions, crossEntropy } from './cross_entropy.ts'
export {
  alphaDropout,
  type DropoutOptions,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from './dropout.ts'
export { type GroupNormOptions, groupNorm } from './group_norm.ts'
export { type InstanceNormOptions, instanceNorm } from './instance_norm.ts'
export { type KlDivOptions, type KlDivReduction, klDiv } from './kl_div.ts'
export { l1Loss } from './l1_loss.ts'
export { type LayerNormOptions, layerNorm } from './layer_norm.ts'
export { linear } from './linear.ts'
export { type LocalResponseNormOptions, localResponseNorm } from './local_response_norm.ts'
export { type LocallyConnected2dOptions, locallyConnected2d } from './locally_connected2d.ts'
export { logSoftmax, softmax } from './log_softmax.ts'
export { type MaxPoolOptions, maxPool1d, maxPool2d, maxPool3d } from './max_pool.ts'
export { type MaxUnpoolOptions, maxUnpool1d, maxUnpool2d, maxUnpool3d } from './max_unpool.ts'
export { mseLoss } from './mse_loss.ts'
export { type NllLossOptions, nllLoss } from './nll_loss.ts'
export { type PadOptions, pad } from './pad.ts'
export type { RegressionLossOptions } from './pointwise_loss.ts'
export { prelu } from './prelu.ts'
export { relu } from './relu.ts'
export { type RmsNormOptions, rmsNorm } from './rms_norm.ts'
export { huberLoss, smoothL1Loss } from './smooth_l1_loss.ts'
export type { Reduction } from './targets.ts'
export type { ConvTransposeOptions } from './transposed_convolution.ts'
export { abs, exp, log, neg, sqrt, square } from './unary.ts'
export { flatten, unflatten } from './views.ts'
