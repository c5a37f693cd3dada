import { optim } from '../../lib/index.ts'

/** Arguments of a golden case, under PyTorch's names. */
export type Args = Record<string, unknown>

/** The scheduler that a case describes. */
export function schedulerFor(optimizer: optim.Optimizer, args: Args): optim.LRScheduler {
  switch (args.scheduler) {
    case 'StepLR':
      return new optim.StepLR(optimizer, args.step_size as number, { gamma: args.gamma as number })
    case 'CosineAnnealingLR':
      return new optim.CosineAnnealingLR(optimizer, args.T_max as number, { etaMin: args.eta_min as number })
    default:
      throw new Error(`no scheduler ${args.scheduler}`)
  }
}
