import { RangeError } from '../util/errors.ts'
import type { Module } from './module.ts'

/** Why each rule does not apply, by the rule's id. */
const exceptions = new WeakMap<object, Map<string, string>>()

/**
 * Declares that a rule of `lint` does not apply to a module and what is inside it, and why: a layer that is shared on
 * purpose, an architecture that is kept as it was published. Returns the module.
 *
 * ```ts
 * const filter = nn.silenceLint(new nn.Conv2d(3, 8, 3), 'shared-module', 'both eyes see alike')
 * ```
 *
 * @throws {RangeError} without a reason.
 */
export function silenceLint<M extends object>(module: M, rule: string, why: string): M {
  if (typeof why !== 'string' || why.trim() === '') {
    throw new RangeError(`silenceLint: expected a reason why ${JSON.stringify(rule)} does not apply`)
  }
  const known = exceptions.get(module) ?? new Map<string, string>()
  exceptions.set(module, known.set(rule, why))
  return module
}

/** Why a rule does not apply to a module, undefined when it does. */
export function lintException(module: Module, rule: string): string | undefined {
  return exceptions.get(module)?.get(rule)
}
