import { inspect } from 'node:util'
// Gives tensors their methods.
import '../ops/methods.ts'
import { Tensor } from '../tensor/tensor.ts'
import { DTypeError, RangeError } from '../util/errors.ts'
import { type HookHandle, Hooks } from './hooks.ts'
import { LazyParameter, Parameter } from './parameter.ts'
import { reprModule } from './repr.ts'
import { collectState, type LoadOptions, type LoadReport, loadState, type StateDict } from './state_dict.ts'

/** How a buffer is registered. */
export interface BufferOptions {
  /** Name in the state dict; that of the field by default. */
  key?: string
  /** Whether the buffer is part of the state dict, `true` by default. */
  persistent?: boolean
}

/** A buffer of a module with its name in the state dict. */
export interface BufferEntry extends Required<BufferOptions> {
  buffer: Tensor
}

/**
 * Base of all layers and models.
 *
 * A subclass assigns parameters and other modules to fields and computes in `forward`; what lies in its fields is found
 * by `parameters()`, `stateDict()` and their like, in the order of assignment, under the fields' names. Tensors that
 * belong to the state without being trained are registered by `registerBuffer`. Modules in arrays are not found: put
 * them into a `ModuleList`.
 *
 * ```ts
 * class Net extends nn.Module {
 *   fc = new nn.Linear(784, 10)
 *   forward(input: Tensor) {
 *     return this.fc.forward(input.flatten(1))
 *   }
 * }
 * ```
 *
 * Calling `forward` runs the hooks: while a module has any, its `forward` is wrapped.
 */
export abstract class Module<Inputs extends unknown[] = [input: Tensor], Output = Tensor> {
  /** Whether layers behave as in training; set by `train()` and `eval()`. */
  training = true
  readonly #buffers = new Map<string, Required<BufferOptions>>()
  readonly #hooks = new Hooks(this as unknown as Module)

  /** Computes the module's output. */
  abstract forward(...inputs: Inputs): Output

  /**
   * Makes a tensor part of the module's state without training it, as the field `name`; null keeps the place empty.
   *
   * @throws {DTypeError} for anything but a tensor or null.
   */
  registerBuffer(name: string, buffer: Tensor | null, { key = name, persistent = true }: BufferOptions = {}): void {
    if (buffer !== null && !(buffer instanceof Tensor)) {
      throw new DTypeError(`registerBuffer: expected a tensor or null for ${JSON.stringify(name)}`)
    }
    this.#buffers.set(name, { key, persistent })
    Object.assign(this, { [name]: buffer })
  }

  /** The module's own parameters by field name. */
  ownParameters(): [string, Parameter][] {
    return Object.entries(this).filter((entry): entry is [string, Parameter] => entry[1] instanceof Parameter)
  }

  /** The module's own buffers. */
  ownBuffers(): BufferEntry[] {
    const fields = this as unknown as Record<string, unknown>
    return [...this.#buffers].flatMap(([name, options]) => {
      const buffer = fields[name]
      return buffer instanceof Tensor ? [{ ...options, buffer }] : []
    })
  }

  /** Modules directly inside this one, by name. */
  namedChildren(): [string, Module][] {
    return Object.entries(this).filter((entry): entry is [string, Module] => entry[1] instanceof Module)
  }

  /** Modules directly inside this one. */
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child)
  }

  /** This module, under the name '', and all inside it, each once, outer before inner ones. */
  *namedModules(prefix = '', seen: Set<object> = new Set()): Generator<[string, Module]> {
    if (seen.has(this)) return
    seen.add(this)
    yield [prefix, this as unknown as Module]
    for (const [name, child] of this.namedChildren()) {
      yield* child.namedModules(prefix === '' ? name : `${prefix}.${name}`, seen)
    }
  }

  /** This module and all inside it, each once. */
  *modules(): Generator<Module> {
    for (const [, module] of this.namedModules()) yield module
  }

  /** All parameters with their names in the state dict; one that is shared appears once. */
  *namedParameters(): Generator<[string, Parameter]> {
    const seen = new Set<Parameter>()
    for (const [prefix, module] of this.namedModules()) {
      for (const [name, parameter] of module.ownParameters()) {
        if (seen.has(parameter)) continue
        seen.add(parameter)
        yield [prefix === '' ? name : `${prefix}.${name}`, parameter]
      }
    }
  }

  /** All parameters, each once. */
  *parameters(): Generator<Parameter> {
    for (const [, parameter] of this.namedParameters()) yield parameter
  }

  /** All buffers with their names in the state dict; one that is shared appears once. */
  *namedBuffers(): Generator<[string, Tensor]> {
    const seen = new Set<Tensor>()
    for (const [prefix, module] of this.namedModules()) {
      for (const { key, buffer } of module.ownBuffers()) {
        if (seen.has(buffer)) continue
        seen.add(buffer)
        yield [prefix === '' ? key : `${prefix}.${key}`, buffer]
      }
    }
  }

  /** All buffers, each once. */
  *buffers(): Generator<Tensor> {
    for (const [, buffer] of this.namedBuffers()) yield buffer
  }

  /**
   * Switches this module and all inside it to training (or evaluation) and returns it.
   *
   * @throws {DTypeError} for anything but true or false.
   */
  train(mode = true): this {
    if (typeof mode !== 'boolean') throw new DTypeError(`train: expected true or false, got ${String(mode)}`)
    this.training = mode
    // Through each child's own method: one that overrides it, such as a frozen norm, keeps its say.
    for (const child of this.children()) child.train(mode)
    return this
  }

  /** Switches this module and all inside it to evaluation and returns it. */
  eval(): this {
    return this.train(false)
  }

  /** Sets the gradients of all parameters to null. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.clearGrad()
  }

  /** Sets whether gradients flow to the parameters, and returns the module. */
  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(requiresGrad)
    return this
  }

  /** Calls `fn` with every module inside and then with this one, and returns it. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn)
    fn(this as unknown as Module)
    return this
  }

  /**
   * Parameters and persistent buffers by name, with PyTorch's names and shapes. The tensors share the module's memory:
   * `clone()` those that must outlive the next step.
   *
   * @throws {StateError} when a lazy module has seen no input yet.
   */
  stateDict(): StateDict {
    return collectState(this as unknown as Module)
  }

  /**
   * Copies a state dict into the parameters and buffers. Everything is checked first: when anything does not fit, the
   * module is unchanged and one error lists all of it.
   *
   * @param options.strict whether missing and unexpected names are errors, `true` by default
   * @returns the names that were missing and unexpected
   * @throws {FormatError} listing every missing, unexpected and misshapen entry.
   */
  loadStateDict(state: StateDict, options: LoadOptions = {}): LoadReport {
    return loadState(this as unknown as Module, state, options)
  }

  /** Calls `hook(module, inputs, output)` behind every `forward`; what it returns, unless undefined, takes the output's place. */
  registerForwardHook(hook: (module: this, inputs: Inputs, output: Output) => Output | undefined): HookHandle {
    return this.#hooks.addAfter(hook as never)
  }

  /**
   * Calls `hook(module, inputs)` before every `forward`; an array that it returns takes the inputs' place, another value
   * that of a single input.
   */
  registerForwardPreHook(hook: (module: this, inputs: Inputs) => Inputs | Inputs[0] | undefined): HookHandle {
    return this.#hooks.addBefore(hook as never)
  }

  /** What `toString` shows of the module's own settings. */
  extraRepr(): string {
    return ''
  }

  /** The module and all inside it, in PyTorch's printed form. */
  toString(): string {
    const children = this.namedChildren().map(([name, child]) => `(${name}): ${String(child).replaceAll('\n', '\n  ')}`)
    return reprModule(this.#className(), this.extraRepr(), children)
  }

  /** The name of the class; a lazy module that knows its shapes goes by that of the plain one, which it is in PyTorch. */
  #className(): string {
    const { name } = this.constructor
    const lazy = this.ownParameters().filter(([, parameter]) => parameter instanceof LazyParameter)
    const ready = lazy.length > 0 && lazy.every(([, parameter]) => !parameter.isLazy)
    return ready ? name.replace(/^Lazy/, '') : name
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

/**
 * Checks the name of a module inside a container.
 *
 * @throws {RangeError} when it is empty or contains a dot, which separates names in a state dict.
 */
export function checkName(op: string, name: string): string {
  if (name === '' || name.includes('.')) {
    throw new RangeError(`${op}: expected a name that is not empty and has no dot, got ${JSON.stringify(name)}`)
  }
  return name
}
