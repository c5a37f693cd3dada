// Optimizers, schedules and what is done to gradients before a step, as `optim` of the package.
export { Adagrad, type AdagradOptions } from './adagrad.ts'
export { Adam, type AdamOptions, AdamW } from './adam.ts'
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clip_grad.ts'
export { type DecayGroup, decayGroups } from './decay_groups.ts'
export { type GroupInput, Optimizer, type OptimizerState, type ParamGroup, type ParamsInput } from './optimizer.ts'
export { RMSprop, type RmspropOptions } from './rmsprop.ts'
export { CosineAnnealingLR, LRScheduler, type SchedulerState, StepLR } from './schedulers.ts'
export { SGD, type SgdOptions } from './sgd.ts'
