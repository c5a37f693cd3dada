import { restoring } from '../util/promise.ts'
import type { Module } from './module.ts'

/** What {@link withEval} needs of a model, whatever its inputs are. */
interface Evaluated {
  modules(): Iterable<Module>
  eval(): unknown
}

/**
 * Runs `fn` with a model in evaluation and gives every module its own mode back afterwards, also when `fn` throws; when `fn`
 * is asynchronous, as soon as its promise is settled.
 *
 * ```ts
 * const accuracy = nn.withEval(model, () => noGrad(() => evaluate(model)))
 * ```
 *
 * Unlike `model.train()` at the end, it leaves modules in evaluation that were so before, such as frozen norms.
 *
 * @returns what `fn` returns
 */
export function withEval<T>(model: Evaluated, fn: () => T): T {
  const modes = Array.from(model.modules(), (module) => [module, module.training] as const)
  model.eval()
  return restoring(fn, () => {
    for (const [module, training] of modes) module.training = training
  })
}
