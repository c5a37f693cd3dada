import type { Tensor } from '../../tensor/tensor.ts'
import type { Context } from './context.ts'
import type { Breach, Rule } from './rule.ts'

type Group = { params: readonly Tensor[]; weightDecay?: number; decoupled?: boolean }

function groupsOf({ given }: Context): readonly Group[] {
  return (given.optimizer?.paramGroups ?? []) as unknown as readonly Group[]
}

function* decayed(context: Context): Generator<Breach> {
  for (const { params, weightDecay = 0 } of groupsOf(context)) {
    if (weightDecay === 0) continue
    const names = params
      .flatMap((param) => (param.ndim < 2 ? [context.names.get(param)] : []))
      .filter((name) => name !== undefined)
    if (names.length === 0) continue
    const rest = names.length === 1 ? '' : ` and ${names.length - 1} other biases and norm parameters`
    yield {
      path: names[0],
      why: `Weight decay ${weightDecay} also pulls this${rest} towards 0, where it prevents no overfitting.`,
    }
  }
}

function* coupled(context: Context): Generator<Breach> {
  if (context.given.optimizer?.constructor.name !== 'Adam') return
  const group = groupsOf(context).find(({ weightDecay = 0, decoupled = false }) => weightDecay > 0 && !decoupled)
  if (group === undefined) return
  yield {
    path: context.names.get(group.params[0]) ?? '',
    why: `Adam divides the decay ${group.weightDecay} by the size of the gradients, so weights with large gradients hardly decay.`,
  }
}

function* unheld(context: Context): Generator<Breach> {
  if (context.given.optimizer === null) return
  const held = new Set(groupsOf(context).flatMap(({ params }) => params))
  const names = [...context.names].flatMap(([param, name]) => (param.requiresGrad && !held.has(param) ? [name] : []))
  if (names.length === 0) return
  const rest = names.length === 1 ? '' : ` and ${names.length - 1} more`
  yield { path: names[0], why: `The optimizer does not hold this parameter${rest}, so training will not change it.` }
}

export const optimizerRules: readonly Rule[] = [
  {
    id: 'decay-on-bias-and-norm',
    severity: 'warning',
    cure: 'Give the optimizer optim.decayGroups(model, { weightDecay }).',
    source:
      'He et al., Bag of Tricks for Image Classification with CNNs, 2019; Zhang et al., Three Mechanisms of Weight Decay Regularization, 2018',
    check: decayed,
  },
  {
    id: 'adam-coupled-decay',
    severity: 'warning',
    cure: 'Use AdamW, which decays all weights alike.',
    source: 'Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019',
    check: coupled,
  },
  {
    id: 'parameters-not-optimized',
    severity: 'error',
    cure: 'Make the optimizer after the model is complete, or freeze the parameter with requiresGrad_(false).',
    source: 'torch.optim documentation, Constructing it',
    check: unheld,
  },
]
