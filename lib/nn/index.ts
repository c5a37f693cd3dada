// Layers, containers, losses and initialisation, as `nn` of the package.
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from './batch_norm.ts'
export { ModuleList, Sequential } from './containers.ts'
export { Conv2d, type Conv2dOptions } from './conv2d.ts'
export type { HookHandle } from './hooks.ts'
export * as init from './init.ts'
export {
  AdaptiveAvgPool2d,
  Dropout,
  Dropout2d,
  Flatten,
  GlobalAvgPool,
  Identity,
  LogSoftmax,
  MaxPool2d,
  type MaxPool2dOptions,
  ReLU,
  Softmax,
  Unflatten,
} from './layers.ts'
export { LazyLinear, Linear, type LinearOptions } from './linear.ts'
export { CrossEntropyLoss, L1Loss, MSELoss, NLLLoss } from './losses.ts'
export { type BufferOptions, Module } from './module.ts'
export { Parameter } from './parameter.ts'
export type { LoadOptions, LoadReport, StateDict } from './state_dict.ts'
