// Layers, containers, losses and initialisation, as `nn` of the package.
export {
  CELU,
  ELU,
  GELU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSoftmax,
  Mish,
  ReLU6,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Softsign,
  Tanh,
} from './activations.ts'
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  GlobalAvgPool,
  GlobalMaxPool,
} from './adaptive_pool.ts'
export { AvgPool1d, AvgPool2d, AvgPool3d } from './avg_pool.ts'
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormOptions,
  LazyBatchNorm1d,
  LazyBatchNorm2d,
  LazyBatchNorm3d,
} from './batch_norm.ts'
export { BatchRenorm2d, type BatchRenorm2dOptions, type RenormLimit } from './batch_renorm2d.ts'
export { BottleneckBlock, type BottleneckBlockOptions } from './bottleneck_block.ts'
export { ChannelShuffle } from './channel_shuffle.ts'
export { ModuleList, Sequential } from './containers.ts'
export type { ConvLayer, ConvLayerOptions } from './conv_layer.ts'
export type { ConvTransposeLayer, ConvTransposeLayerOptions } from './conv_transpose_layer.ts'
export { ConvTranspose1d } from './conv_transpose1d.ts'
export { ConvTranspose2d } from './conv_transpose2d.ts'
export { ConvTranspose3d } from './conv_transpose3d.ts'
export { Conv1d, type Conv1dOptions } from './conv1d.ts'
export { Conv2d, type Conv2dOptions } from './conv2d.ts'
export { Conv2dNormActivation, type Conv2dNormActivationOptions } from './conv2d_norm_activation.ts'
export { Conv3d, type Conv3dOptions } from './conv3d.ts'
export { DepthwiseSeparableConv2d, type DepthwiseSeparableConv2dOptions } from './depthwise_separable_conv2d.ts'
export { AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout } from './dropout.ts'
export { GroupNorm, type GroupNormOptions, LocalResponseNorm, type LocalResponseNormOptions } from './group_norm.ts'
export type { HookHandle } from './hooks.ts'
export * as init from './init.ts'
export {
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type InstanceNormOptions,
  LazyInstanceNorm1d,
  LazyInstanceNorm2d,
  LazyInstanceNorm3d,
} from './instance_norm.ts'
export { InvertedResidual, type InvertedResidualOptions } from './inverted_residual.ts'
export type { ActivationLayer, LayerChoice, NormLayer } from './layer_choice.ts'
export { LayerNorm, type LayerNormOptions, RMSNorm, type RMSNormOptions } from './layer_norm.ts'
export {
  Flatten,
  Identity,
  ReLU,
  Unflatten,
} from './layers.ts'
export { LazyConv1d } from './lazy_conv1d.ts'
export { LazyConv2d } from './lazy_conv2d.ts'
export { LazyConv3d } from './lazy_conv3d.ts'
export { LazyLinear, Linear, type LinearOptions } from './linear.ts'
export { silenceLint } from './lint_exceptions.ts'
export { LocallyConnected2d, type LocallyConnected2dOptions } from './locally_connected2d.ts'
export {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  MSELoss,
  NLLLoss,
  SmoothL1Loss,
} from './losses.ts'
export { MaxPool1d, MaxPool2d, MaxPool3d, type MaxPoolOptions } from './max_pool.ts'
export { MaxUnpool1d, MaxUnpool2d, MaxUnpool3d } from './max_unpool.ts'
export { type BufferOptions, Module } from './module.ts'
export { ModuleDict } from './module_dict.ts'
export { Parameter } from './parameter.ts'
export { ParameterList } from './parameter_list.ts'
export { PReLU } from './prelu.ts'
export { ResidualBlock, type ResidualBlockOptions } from './residual_block.ts'
export { SpatiallySeparableConv2d, type SpatiallySeparableConv2dOptions } from './spatially_separable_conv2d.ts'
export { SqueezeExcitation, type SqueezeExcitationOptions } from './squeeze_excitation.ts'
export type { LoadOptions, LoadReport, StateDict } from './state_dict.ts'
export { removeWeightNorm, type WeightNormOptions, weightNorm } from './weight_norm.ts'
export { withEval } from './with_eval.ts'
