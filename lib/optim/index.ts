// Optimizers, schedules and what is done to gradients before a step, as `optim` of the package.

export {
  type AccumulateGradientsOptions,
  accumulateGradients,
  type Batch,
  splitBatch,
} from './accumulate_gradients.ts'
export { Adagrad, type AdagradOptions } from './adagrad.ts'
export { Adam, type AdamOptions, AdamW } from './adam.ts'
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clip_grad.ts'
export { CosineAnnealingLR, CosineAnnealingWarmRestarts, type WarmRestartsOptions } from './cosine_schedulers.ts'
export { type DecayGroup, decayGroups } from './decay_groups.ts'
export { type EmaOptions, type EmaState, ExponentialMovingAverage, ema } from './ema.ts'
export { l2Penalty } from './l2_penalty.ts'
export { LRScheduler, type SchedulerState } from './lr_scheduler.ts'
export { OneCycleLR, type OneCycleOptions } from './one_cycle_lr.ts'
export { type GroupInput, Optimizer, type OptimizerState, type ParamGroup, type ParamsInput } from './optimizer.ts'
export { type PlateauOptions, type PlateauState, ReduceLROnPlateau } from './reduce_lr_on_plateau.ts'
export { RMSprop, type RmspropOptions } from './rmsprop.ts'
export {
  ConstantLR,
  type ConstantLROptions,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  type LinearLROptions,
  type LrLambda,
  MultiStepLR,
  StepLR,
} from './schedulers.ts'
export { SequentialLR, warmup } from './sequential_lr.ts'
export { SGD, type SgdOptions } from './sgd.ts'
