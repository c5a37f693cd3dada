import { ModuleList, Sequential } from '../nn/containers.ts'
import { ConvLayer } from '../nn/conv_layer.ts'
import { ConvTransposeLayer } from '../nn/conv_transpose_layer.ts'
import { Module } from '../nn/module.ts'
import { Parameter } from '../nn/parameter.ts'
import { cloneRaw } from '../ops/dense.ts'
import { untracked } from '../tensor/scope.ts'
import { Tensor } from '../tensor/tensor.ts'
import { StateError } from '../util/errors.ts'

type Constructor = new (...args: never[]) => Module

/** What the constructor of a base class is given so that it makes an object with the same private fields. */
type Recipe = (module: Module, copy: (module: Module) => Module) => unknown[]

const convolution: Recipe = (module) => {
  const { inChannels, outChannels, kernelSize, options, bias } = module as ConvLayer | ConvTransposeLayer
  const settings = { ...options, bias: bias !== null }
  return [module.constructor.name, kernelSize.length, inChannels, outChannels, kernelSize, settings]
}

// The classes whose private fields a copy needs; those below them in the chain must have none.
const recipes = new Map<unknown, Recipe>([
  [Module, () => []],
  [
    Sequential,
    (module, copy) => [Object.fromEntries(module.namedChildren().map(([name, child]) => [name, copy(child)]))],
  ],
  [ModuleList, (module, copy) => [module.children().map(copy)]],
  [ConvLayer, convolution],
  [ConvTransposeLayer, convolution],
])

/** Whether there is nothing in a module that a copy would have to own. */
function isStateless(module: Module): boolean {
  return [...module.ownParameters(), ...module.ownBuffers(), ...module.namedChildren()].length === 0
}

/** The nearest class of a module that has a recipe; null for a stateless module that cannot be copied and need not be. */
function baseOf(op: string, module: Module): { base: Constructor; recipe: Recipe } | null {
  let kind = module.constructor as unknown
  for (;;) {
    const recipe = recipes.get(kind)
    if (recipe !== undefined) return { base: kind as Constructor, recipe }
    if (/\.#[\w$]/.test(Function.prototype.toString.call(kind))) {
      if (isStateless(module)) return null
      throw new StateError(
        `${op}: expected modules that can be copied, got ${(kind as Constructor).name} with private # fields, ` +
          "which JavaScript does not let anyone copy; write them as TypeScript's private fields",
      )
    }
    kind = Object.getPrototypeOf(kind)
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

  readonly module = (module: Module): Module => {
    const known = this.#modules.get(module)
    if (known !== undefined) return known
    const found = baseOf(this.#op, module)
    if (found === null) return module
    const { base, recipe } = found
    const copy = Reflect.construct(base, recipe(module, this.module), module.constructor) as Module
    this.#modules.set(module, copy)
    // What the constructor made is only there for its private fields; the order of the fields is that of the state dict.
    for (const name of Object.keys(copy)) Reflect.deleteProperty(copy, name)
    const buffers = new Map(module.ownBuffers().map((entry) => [entry.buffer, entry]))
    for (const [name, value] of Object.entries(module)) {
      const entry = value instanceof Tensor ? buffers.get(value) : undefined
      if (entry === undefined) Object.assign(copy, { [name]: this.#value(value) })
      else copy.registerBuffer(name, this.#tensor(entry.buffer), entry)
    }
    return copy
  }

  #tensor(tensor: Tensor): Tensor {
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
    if (value instanceof Tensor) return this.#tensor(value)
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
