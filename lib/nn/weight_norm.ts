import { noGrad } from '../autograd/grad_mode.ts'
import '../ops/methods.ts'
import { div, mul } from '../ops/arithmetic.ts'
import { composed, untracked } from '../tensor/scope.ts'
import { Tensor } from '../tensor/tensor.ts'
import { checkOptions } from '../util/check.ts'
import { RangeError, StateError } from '../util/errors.ts'
import { normalizeDim } from '../util/shape.ts'
import type { HookHandle } from './hooks.ts'
import type { Module } from './module.ts'
import { ownParameter, Parameter } from './parameter.ts'

/** Which parameter {@link weightNorm} splits, and into how many lengths. */
export interface WeightNormOptions {
  /** Field of the parameter, `weight` by default. */
  name?: string
  /** Dimension whose slices have a length each, 0 by default, negative from the last; null for one length of the whole. */
  dim?: number | null
}

/** A weight norm of one parameter. */
interface Reparametrization {
  hook: HookHandle
  dim: number | null
}

const reparametrizations = new WeakMap<object, Map<string, Reparametrization>>()

type Fields = Record<string, unknown>

/** Length of every slice along `dim`, with 1 for all other sizes; of all of it where `dim` is null. */
function lengthOf(direction: Tensor, dim: number | null): Tensor {
  return composed(() => {
    const squares = direction.square()
    if (dim === null) return squares.sum().sqrt()
    const others = [...direction.shape.keys()].filter((other) => other !== dim)
    return (others.length === 0 ? squares : squares.sum(others, { keepdim: true })).sqrt()
  })
}

/** `length · direction / ‖direction‖`; belongs to the module, not to an open scope. */
function compose(length: Tensor, direction: Tensor, dim: number | null): Tensor {
  return untracked(() => composed(() => mul(direction, div(length, lengthOf(direction, dim)))))
}

/**
 * Makes the module's weight anew of its length and direction; the previous one is disposed, the tape keeps what it
 * needs.
 */
function refresh(fields: Fields, name: string, dim: number | null): void {
  const previous = fields[name]
  fields[name] = compose(fields[`${name}_g`] as Tensor, fields[`${name}_v`] as Tensor, dim)
  if (previous instanceof Tensor && !(previous instanceof Parameter)) previous.dispose()
}

/**
 * Splits a weight of the module into length and direction, which are trained in its place:
 *
 * `weight = weight_g · weight_v / ‖weight_v‖`, the norm of every slice along `dim`.
 *
 * The parameters `weight_g` and `weight_v` have PyTorch's names in the state dict. The weight itself is no parameter any longer; it is
 * made by every forward pass, and the one before is disposed then. Make optimizers behind this call.
 *
 * ```ts
 * const layer = nn.weightNorm(new nn.Linear(20, 40))
 * ```
 *
 * @returns the module
 * @throws {RangeError} when the module has no such parameter, or the parameter no such dimension.
 * @throws {StateError} when it has a weight norm already, or its shape is still to be inferred.
 *
 * Source: Salimans and Kingma, "Weight Normalization", 2016; semantics of torch.nn.utils.weight_norm.
 */
export function weightNorm<M extends object>(module: M, options: WeightNormOptions = {}): M {
  checkOptions('weightNorm', options, ['name', 'dim'])
  const { name = 'weight', dim = 0 } = options
  const fields = module as Fields
  const known = reparametrizations.get(module) ?? new Map<string, Reparametrization>()
  const kind = module.constructor.name
  if (known.has(name)) throw new StateError(`weightNorm: "${name}" of ${kind} has a weight norm already`)
  const weight = fields[name]
  if (!(weight instanceof Parameter)) throw new RangeError(`weightNorm: expected a parameter "${name}" in ${kind}`)
  if (weight.isLazy) {
    throw new StateError(`weightNorm: "${name}" of ${kind} is not materialised yet; run one forward pass first`)
  }
  const axis = dim === null ? null : normalizeDim('weightNorm', dim, weight.ndim)
  const length = ownParameter(noGrad(() => untracked(() => lengthOf(weight, axis))))
  const direction = new Parameter(weight)
  // Parameters come in the order of fields: the two go to the end, as in PyTorch.
  Reflect.deleteProperty(module, name)
  Object.assign(module, { [`${name}_g`]: length, [`${name}_v`]: direction })
  refresh(fields, name, axis)
  const hook = (module as unknown as Module).registerForwardPreHook(() => refresh(fields, name, axis) as undefined)
  known.set(name, { hook, dim: axis })
  reparametrizations.set(module, known)
  return module
}

/**
 * Undoes {@link weightNorm}: the weight, as it is now, is a parameter again.
 *
 * @returns the module
 * @throws {StateError} when the parameter has no weight norm.
 */
export function removeWeightNorm<M extends object>(module: M, { name = 'weight' }: { name?: string } = {}): M {
  const found = reparametrizations.get(module)?.get(name)
  if (found === undefined) {
    throw new StateError(`removeWeightNorm: expected a weight norm of "${name}" in ${module.constructor.name}`)
  }
  const fields = module as Fields
  noGrad(() => refresh(fields, name, found.dim))
  found.hook.remove()
  reparametrizations.get(module)?.delete(name)
  const weight = ownParameter(fields[name] as Tensor)
  for (const field of [name, `${name}_g`, `${name}_v`]) Reflect.deleteProperty(module, field)
  fields[name] = weight
  return module
}
