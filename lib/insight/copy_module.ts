import { ModuleList, Sequential } from '../nn/containers.ts'
import { ConvLayer } from '../nn/conv_layer.ts'
import { ConvTransposeLayer } from '../nn/conv_transpose_layer.ts'
import { LazyLinear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import { ModuleDict } from '../nn/module_dict.ts'
import { Parameter } from '../nn/parameter.ts'
import { ParameterList } from '../nn/parameter_list.ts'
import { cloneRaw } from '../ops/dense.ts'
import { untracked } from '../tensor/scope.ts'
import { Tensor } from '../tensor/tensor.ts'
import { StateError } from '../util/errors.ts'

type Constructor = new (...args: never[]) => Module

/** What the constructor of a base class is given so that it makes an object with the same private fields. */
type Recipe = (module: Module, copier: Copier) => unknown[]

const convolution: Recipe = (module) => {
  const { inChannels, outChannels, kernelSize, options, bias } = module as ConvLayer | ConvTransposeLayer
  const settings = { ...options, bias: bias !== null }
  return [module.constructor.name, kernelSize.length, inChannels, outChannels, kernelSize, settings]
}

function copiedChildren(module: Module, copier: Copier): Record<string, Module> {
  return Object.fromEntries(module.namedChildren().map(([name, child]) => [name, copier.module(child)]))
}

// The classes whose private fields a copy needs; those below them in the chain must have none.
const recipes = new Map<unknown, Recipe>([
  [Module, () => []],
  [Sequential, (module, copier) => [copiedChildren(module, copier)]],
  [ModuleDict, (module, copier) => [copiedChildren(module, copier)]],
  [ModuleList, (module, copier) => [module.children().map(copier.module)]],
  [ParameterList, (module, copier) => [module.ownParameters().map(([, parameter]) => copier.tensor(parameter))]],
  // Its private method serves only a weight that is not there yet.
  [LazyLinear, (module) => [(module as LazyLinear).weight.shape[0], { bias: (module as LazyLinear).bias !== null }]],
  [ConvLayer, convolution],
  [ConvTransposeLayer, convolution],
])

/** Whether there is nothing in a module that a copy would have to own. */
function isStateless(module: Module): boolean {
  return [...module.ownParameters(), ...module.ownBuffers(), ...module.namedChildren()].length === 0
}

/** The nearest class that has a recipe, or, before it, one with private fields. */
export function nearestBase(kind: unknown): { base: Constructor; recipe: Recipe | null } {
  for (let base = kind as Constructor; ; base = Object.getPrototypeOf(base)) {
    const recipe = recipes.get(base)
    if (recipe !== undefined) return { base, recipe }
    if (/\.#[\w$]/.test(Function.prototype.toString.call(base))) return { base, recipe: null }
  }
}

/** Copies one module and all inside it; what is shared stays shared. */
class Copier {
  readonly #op: string
  readonly #modules: Map<Module, Module>
  readonly #tensors = new Map<Tensor, Tensor>()

  constructor(op: string, replacements: ReadonlyMap<Module, Module>) {
    this.#op = op
    this.#modules = new Map(replacements)
  }

  /** A copy of a module, the same one every time. */
  readonly module = (module: Module): Module => {
    const known = this.#modules.get(module)
    if (known !== undefined) return known
    const { base, recipe } = nearestBase(module.constructor)
    if (recipe === null) {
      if (isStateless(module)) return module
      throw new StateError(
        `${this.#op}: expected modules that can be copied, got ${base.name} with private # fields, ` +
          "which JavaScript does not let anyone copy; write them as TypeScript's private fields",
      )
    }
    const copy = Reflect.construct(base, recipe(module, this), module.constructor) as Module
    this.#modules.set(module, copy)
    // What the constructor made is only there for its private fields; the order of the fields is that of the state dict.
    for (const name of Object.keys(copy)) Reflect.deleteProperty(copy, name)
    const buffers = new Map(module.ownBuffers().map((entry) => [entry.buffer, entry]))
    for (const [name, value] of Object.entries(module)) {
      const entry = value instanceof Tensor ? buffers.get(value) : undefined
      if (entry === undefined) Object.assign(copy, { [name]: this.#value(value) })
      else copy.registerBuffer(name, this.tensor(entry.buffer), entry)
    }
    return copy
  }

  /** A copy of a parameter or buffer, the same one every time. */
  tensor(tensor: Tensor): Tensor {
    const known = this.#tensors.get(tensor)
    if (known !== undefined) return known
    const data = untracked(() => cloneRaw(this.#op, tensor))
    if (!(tensor instanceof Parameter)) {
      this.#tensors.set(tensor, data)
      return data
    }
    const copy = untracked(() => new Parameter(data, { requiresGrad: tensor.requiresGrad }))
    data.dispose()
    this.#tensors.set(tensor, copy)
    return copy
  }

  #value(value: unknown): unknown {
    if (value instanceof Module) return this.module(value as Module)
    if (value instanceof Tensor) return this.tensor(value)
    if (Array.isArray(value)) return value.map((item) => this.#value(item))
    if (value instanceof Map) return new Map(Array.from(value, ([key, item]) => [key, this.#value(item)]))
    if (value instanceof Set) return new Set(Array.from(value, (item) => this.#value(item)))
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.#value(item)]))
  }
}

/**
 * A copy of a module with parameters, buffers and modules of its own, without its hooks.
 *
 * @param replacements modules that stand in the place of others, not copied
 * @throws {StateError} for a class with private `#` fields that the library does not know.
 */
export function copyModule<M extends Module>(op: string, module: M, replacements: ReadonlyMap<Module, Module>): M {
  return new Copier(op, replacements).module(module) as M
}
