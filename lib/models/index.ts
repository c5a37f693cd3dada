// Networks that classify images, as `models` of the package.
export { bnLeNet, bnLeNetResBlock, bnResLeNet } from './bn_le_nets.ts'
export { cnnWithDropout } from './cnn_with_dropout.ts'
export { type LeNet5Options, leNet5 } from './le_net5.ts'
export { mlp } from './mlp.ts'
export { type MobileNetV1Options, mobileNetV1 } from './mobile_net_v1.ts'
export type { ImageModelOptions, StemOptions } from './options.ts'
export { ResNet, type ResNetOptions } from './res_net.ts'
export { resNet18, resNet34, resNet50, resNeXt50_32x4d } from './res_nets.ts'
