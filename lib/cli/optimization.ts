import type { Module } from '../nn/module.ts'
import {
  Adagrad,
  Adam,
  AdamW,
  CosineAnnealingLR,
  decayGroups,
  type LRScheduler,
  OneCycleLR,
  type Optimizer,
  ReduceLROnPlateau,
  RMSprop,
  SGD,
  StepLR,
  warmup,
} from '../optim/index.ts'
import type { TrainArgs } from './train_args.ts'

/** The optimizer that the command line asks for; what is decayed is the weights alone. */
export function makeOptimizer(model: Module, args: TrainArgs): Optimizer {
  const { optimizer, lr, momentum, nesterov, weightDecay } = args
  const params = weightDecay > 0 ? decayGroups(model, { weightDecay }) : model.parameters()
  const made = {
    sgd: () => new SGD(params, { lr, momentum, nesterov }),
    adam: () => new Adam(params, { lr }),
    adamw: () => new AdamW(params, { lr }),
    rmsprop: () => new RMSprop(params, { lr, momentum }),
    adagrad: () => new Adagrad(params, { lr }),
  }[optimizer]()
  return made as unknown as Optimizer
}

/** The schedule of the learning rate, and whether it goes by steps or by epochs. */
export function makeSchedule(optimizer: Optimizer, args: TrainArgs, batches: number) {
  const { schedule, epochs, accumulate, stepSize, gamma, lr } = args
  const steps = epochs * Math.ceil(batches / accumulate)
  const rest = Math.max(1, steps - args.warmup)
  const warm = (after: LRScheduler): LRScheduler => (args.warmup > 0 ? warmup(optimizer, args.warmup, after) : after)
  switch (schedule) {
    case 'cosine':
      return { scheduler: warm(new CosineAnnealingLR(optimizer, rest)), interval: 'step' as const }
    case 'onecycle':
      return { scheduler: new OneCycleLR(optimizer, lr, { totalSteps: steps }), interval: 'step' as const }
    case 'step':
      return { scheduler: new StepLR(optimizer, stepSize, { gamma }), interval: 'epoch' as const }
    case 'plateau':
      return { scheduler: new ReduceLROnPlateau(optimizer, { factor: gamma, patience: 2 }), interval: 'epoch' as const }
    default:
      return { scheduler: null, interval: 'epoch' as const }
  }
}
