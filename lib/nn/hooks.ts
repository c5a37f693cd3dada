import type { HookHandle } from '../autograd/methods.ts'

export type { HookHandle } from '../autograd/methods.ts'

type Forward = (...inputs: unknown[]) => unknown
type BeforeHook = (module: object, inputs: unknown[]) => unknown
type AfterHook = (module: object, inputs: unknown[], output: unknown) => unknown

/** The forward hooks of one module: while there are any, the module's own `forward` runs them around the original one. */
export class Hooks {
  readonly #module: { forward: unknown }
  // By handle: the same function may be registered twice.
  readonly #before = new Map<HookHandle, BeforeHook>()
  readonly #after = new Map<HookHandle, AfterHook>()
  /** The own `forward` that the wrapper replaced, if the module had one beside its class's. */
  #original: PropertyDescriptor | undefined
  #wrapped = false

  constructor(module: { forward: unknown }) {
    this.#module = module
  }

  addBefore(hook: BeforeHook): HookHandle {
    return this.#add(this.#before, hook)
  }

  addAfter(hook: AfterHook): HookHandle {
    return this.#add(this.#after, hook)
  }

  #add<T>(hooks: Map<HookHandle, T>, hook: T): HookHandle {
    const handle: HookHandle = {
      remove: () => {
        hooks.delete(handle)
        if (this.#before.size + this.#after.size === 0) this.#unwrap()
      },
    }
    hooks.set(handle, hook)
    this.#wrap()
    return handle
  }

  #wrap(): void {
    if (this.#wrapped) return
    this.#wrapped = true
    const module = this.#module
    this.#original = Object.getOwnPropertyDescriptor(module, 'forward')
    const original = module.forward as Forward
    const value = (...inputs: unknown[]): unknown => this.#run(original, inputs)
    Object.defineProperty(module, 'forward', { value, configurable: true, writable: true, enumerable: false })
  }

  #unwrap(): void {
    if (!this.#wrapped) return
    this.#wrapped = false
    if (this.#original === undefined) Reflect.deleteProperty(this.#module, 'forward')
    else Object.defineProperty(this.#module, 'forward', this.#original)
  }

  #run(original: Forward, given: unknown[]): unknown {
    let inputs = given
    // Copies: a hook may remove itself.
    for (const hook of [...this.#before.values()]) {
      const replacement = hook(this.#module, inputs)
      if (replacement !== undefined) inputs = Array.isArray(replacement) ? replacement : [replacement]
    }
    let output = original.apply(this.#module, inputs)
    for (const hook of [...this.#after.values()]) {
      const replacement = hook(this.#module, inputs, output)
      if (replacement !== undefined) output = replacement
    }
    return output
  }
}
