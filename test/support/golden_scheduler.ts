import { optim } from '../../lib/index.ts'

/** Arguments of a golden case, under PyTorch's names. */
export type Args = Record<string, unknown>

/** Arguments under our names. */
function ours({ lr, steps, optimizer, scheduler, ...rest }: Args): Args {
  const camelCase = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [camelCase(name), value]))
}

/** The scheduler that a case describes. */
export function schedulerFor(optimizer: optim.Optimizer, args: Args): optim.LRScheduler {
  const { stepSize, milestones, gamma, TMax, T0, TMult: tMult, etaMin, maxLr, ...rest } = ours(args)
  const options = rest as object
  switch (args.scheduler) {
    case 'StepLR':
      return new optim.StepLR(optimizer, stepSize as number, { gamma: gamma as number })
    case 'MultiStepLR':
      return new optim.MultiStepLR(optimizer, milestones as number[], { gamma: gamma as number })
    case 'ExponentialLR':
      return new optim.ExponentialLR(optimizer, gamma as number)
    case 'CosineAnnealingLR':
      return new optim.CosineAnnealingLR(optimizer, TMax as number, { etaMin: etaMin as number })
    case 'CosineAnnealingWarmRestarts': {
      const periods = { tMult, etaMin } as optim.WarmRestartsOptions
      return new optim.CosineAnnealingWarmRestarts(optimizer, T0 as number, periods)
    }
    case 'LinearLR':
      return new optim.LinearLR(optimizer, options)
    case 'OneCycleLR':
      return new optim.OneCycleLR(optimizer, maxLr as number, options)
    case 'SequentialLR': {
      const parts = (args.schedulers as Args[]).map((part) => schedulerFor(optimizer, part))
      return new optim.SequentialLR(optimizer, parts, milestones as number[])
    }
    default:
      throw new Error(`no scheduler ${args.scheduler}`)
  }
}

/** The scheduler that follows a metric, as a case describes it. */
export function plateauFor(optimizer: optim.Optimizer, args: Args): optim.ReduceLROnPlateau {
  return new optim.ReduceLROnPlateau(optimizer, ours(args))
}
