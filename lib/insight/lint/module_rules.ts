import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from '../../nn/batch_norm.ts'
import { ConvLayer } from '../../nn/conv_layer.ts'
import { ConvTransposeLayer } from '../../nn/conv_transpose_layer.ts'
import type { Module } from '../../nn/module.ts'
import type { Context } from './context.ts'
import type { Breach, Rule } from './rule.ts'

const SINGLE_USE = [BatchNorm1d, BatchNorm2d, BatchNorm3d, ConvLayer, ConvTransposeLayer]

function* shared({ trace }: Context): Generator<Breach> {
  const paths = new Map<Module, string[]>()
  for (const { module, path } of trace.calls) {
    if (SINGLE_USE.some((kind) => module instanceof kind)) paths.set(module, [...(paths.get(module) ?? []), path])
  }
  for (const [module, [first, ...others]] of paths) {
    if (others.length === 0) continue
    const effect =
      module instanceof ConvLayer || module instanceof ConvTransposeLayer ? 'weights' : 'running statistics'
    yield {
      path: first,
      why: `This ${module.constructor.name} runs ${others.length + 1} times in one pass, with the same ${effect} in all places.`,
    }
  }
}

/** Whether a module was frozen on purpose: it has parameters, and none of them trains. */
function isFrozen(module: Module): boolean {
  const parameters = [...module.parameters()]
  return parameters.length > 0 && parameters.every(({ requiresGrad }) => !requiresGrad)
}

function* modes({ model, modes, given }: Context): Generator<Breach> {
  const training = modes.get(model) ?? true
  if (!training && given.optimizer !== null) {
    yield { path: '', why: 'The model is in evaluation mode, though there is an optimizer to train it.' }
  }
  const reported: string[] = []
  for (const [path, module] of model.namedModules()) {
    if (modes.get(module) === training || (training && isFrozen(module))) continue
    // What is inside a module that was reported goes with it.
    if (reported.some((outer) => path.startsWith(`${outer}.`))) continue
    reported.push(path)
    const [own, whole] = training ? ['evaluation', 'training'] : ['training', 'evaluation']
    yield { path, why: `${module.constructor.name} is in ${own} mode while the model is in ${whole} mode.` }
  }
}

function* unused({ model, trace, steps, failure }: Context): Generator<Breach> {
  if (failure !== null) return
  const run = new Set(trace.calls.map(({ module }) => module))
  const read = new Set(steps.flatMap(({ leaves }) => leaves))
  for (const [path, module] of model.namedModules()) {
    const own = module.ownParameters()
    if (run.has(module) || own.length === 0 || own.some(([, parameter]) => read.has(parameter))) continue
    yield {
      path,
      why: `The forward pass does not use this ${module.constructor.name}, so its parameters get no gradient.`,
    }
  }
}

export const moduleRules: readonly Rule[] = [
  {
    id: 'shared-module',
    severity: 'warning',
    cure: "Make one for each place, or declare the sharing with nn.silenceLint(module, 'shared-module', why).",
    source: 'Cooijmans et al., Recurrent Batch Normalization, 2017, section 3',
    check: shared,
  },
  {
    id: 'mixed-modes',
    severity: 'warning',
    cure: 'Call train() or eval() on the whole model, or freeze the parameters of what is to stay as it is.',
    source: 'torch.nn.Module.train documentation',
    check: modes,
  },
  {
    id: 'unused-module',
    severity: 'warning',
    cure: 'Use it in forward or leave it out.',
    source: 'a forward pass on shapes alone',
    check: unused,
  },
]
