import { StateError } from '../util/errors.ts'
import { asModule } from './containers.ts'
import { checkName, Module } from './module.ts'

/**
 * Modules by name, which `parameters()` and `stateDict()` find; it computes nothing by itself. Entries keep the order in which
 * their names were first set.
 *
 * ```ts
 * const heads = new nn.ModuleDict({ digit: new nn.Linear(64, 10), parity: new nn.Linear(64, 2) })
 * heads.get('digit')?.forward(features)
 * ```
 *
 * @throws {DTypeError} when something is no module.
 * @throws {RangeError} when a name is empty or has a dot.
 */
export class ModuleDict extends Module<never, never> {
  readonly #items = new Map<string, Module>()

  constructor(modules: Record<string, Module> | Iterable<readonly [string, Module]> = {}) {
    super()
    const entries = Symbol.iterator in modules ? modules : Object.entries(modules)
    for (const [name, module] of entries as Iterable<readonly [string, Module]>) this.set(name, module)
  }

  override forward(): never {
    throw new StateError('ModuleDict: has no forward of its own; call its modules by name')
  }

  override namedChildren(): [string, Module][] {
    return [...this.#items]
  }

  /** Number of modules. */
  get size(): number {
    return this.#items.size
  }

  /** The module of that name; undefined when there is none. */
  get(name: string): Module | undefined {
    return this.#items.get(name)
  }

  /** Whether there is a module of that name. */
  has(name: string): boolean {
    return this.#items.has(name)
  }

  /** Sets the module of a name and returns this one. */
  set(name: string, module: Module): this {
    this.#items.set(checkName('ModuleDict', name), asModule('ModuleDict', module))
    return this
  }

  /** Takes a module out; whether there was one. */
  delete(name: string): boolean {
    return this.#items.delete(name)
  }

  /** The names in order. */
  keys(): IterableIterator<string> {
    return this.#items.keys()
  }

  /** The modules in order. */
  values(): IterableIterator<Module> {
    return this.#items.values()
  }

  [Symbol.iterator](): IterableIterator<[string, Module]> {
    return this.#items[Symbol.iterator]()
  }
}
