export { cnnWithDropout } from './cnn_with_dropout.ts'
export { leNet5 } from './le_net5.ts'
export { mlp } from './mlp.ts'
export type { ImageModelOptions } from './options.ts'
