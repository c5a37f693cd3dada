export { ConcatDataset } from './concat_dataset.ts'
export { type BatchTransform, DataLoader, type DataLoaderOptions } from './data_loader.ts'
export type { BatchContext, Dataset, LabelledBatch, Recipe } from './dataset.ts'
export { Generator } from './generator.ts'
export { type IdxArray, type IdxData, type ReadIdxOptions, readIdx } from './idx.ts'
export { type IdxFolder, loadIdxFolder } from './idx_folder.ts'
export { ImageDataset, type ImageDatasetOptions, type Normalization } from './image_dataset.ts'
export type { LoaderState } from './loader/position.ts'
export {
  RandomSampler,
  type RandomSamplerOptions,
  type Sampler,
  SequentialSampler,
  StratifiedSampler,
  WeightedRandomSampler,
  type WeightedRandomSamplerOptions,
} from './loader/samplers.ts'
export { type RandomSplitOptions, randomSplit } from './random_split.ts'
export { Subset } from './subset.ts'
export { SyntheticDigits, type SyntheticDigitsOptions } from './synthetic_digits.ts'
export { TensorDataset } from './tensor_dataset.ts'
