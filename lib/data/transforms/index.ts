export { type AffineOptions, type RotationOptions, randomAffine, randomRotation, type Spread } from './affine.ts'
export {
  type PolicyOptions,
  type RandAugmentOptions,
  randAugment,
  type TrivialAugmentOptions,
  trivialAugmentWide,
} from './auto_augment.ts'
export { type ColorJitterOptions, colorJitter } from './color_jitter.ts'
export { compose } from './compose.ts'
export { centerCrop, type PadOptions, pad, type RandomCropOptions, randomCrop } from './crop.ts'
export { type FlipOptions, randomHorizontalFlip, randomVerticalFlip } from './flip.ts'
export { ImageBatch, type Outside } from './image_batch.ts'
export { type BatchMix, cutmix, type MixOptions, mixup, randomChoice } from './mix.ts'
export { normalize } from './normalize.ts'
export { type RandomErasingOptions, randomErasing } from './random_erasing.ts'
export { type RandomResizedCropOptions, type ResizeOptions, randomResizedCrop, resize } from './resize.ts'
export type { Streams, Transform } from './transform.ts'
export type { Interpolation } from './warp.ts'
