import type { Module } from '../nn/module.ts'
import type { Settings } from './options.ts'
import type { Run } from './run.ts'

/** Number of elements of the parameters; a lazy one, whose shape is open, counts 0. */
function sizesOf(model: Module): { parameters: number; trainable: number } {
  let parameters = 0
  let trainable = 0
  for (const { size, requiresGrad } of model.parameters()) {
    parameters += size
    if (requiresGrad) trainable += size
  }
  return { parameters, trainable }
}

/** The story of a run before its first step. */
export function beginRun(model: Module, { optimizer, train, validation, seed, epochs, monitor, mode }: Settings): Run {
  const groups = optimizer.paramGroups.map(({ params, ...settings }) => ({ ...settings, params: params.length }))
  return {
    version: 1,
    started: new Date().toISOString(),
    model: { name: model.constructor.name, ...sizesOf(model), text: String(model) },
    optimizer: { name: optimizer.constructor.name, groups },
    inputShape: null,
    batches: { train: train.length, validation: validation?.length ?? null },
    seed,
    epochs,
    monitor: { name: monitor, mode },
    history: [],
    steps: { loss: [], lr: [], gradNorm: [] },
    best: null,
    outcome: 'running',
    seconds: 0,
    verdict: null,
  }
}
