import type { Tensor } from '../tensor/tensor.ts'
import { describe } from '../util/check.ts'
import { DTypeError, RangeError, StateError } from '../util/errors.ts'
import { fusedRun } from './fusion.ts'
import { checkName, Module } from './module.ts'

/**
 * Forward functions of the library's own modules. They keep neither their input nor their output beyond what the tape
 * records, so that what flows between two of them is nobody else's and may be released at once.
 */
const cleanForwards = new WeakSet<object>()

/** Those of the clean forward functions that hand tensors to modules inside, which must be clean as well. */
const blockForwards = new WeakSet<object>()

type WithForward = { prototype: { forward: object } }

/** Declares that the `forward` of a library module keeps no tensor that it is given or returns. */
export function markClean(...classes: readonly WithForward[]): void {
  for (const { prototype } of classes) cleanForwards.add(prototype.forward)
}

/** {@link markClean} for modules made of others: one of them is clean when all modules inside it are. */
export function markCleanBlock(...classes: readonly WithForward[]): void {
  markClean(...classes)
  for (const { prototype } of classes) blockForwards.add(prototype.forward)
}

/** Whether neither the module nor one inside it can have kept its input or output; hooks and overrides make it unclean. */
export function isClean(module: Module): boolean {
  if (!cleanForwards.has(module.forward)) return false
  return !blockForwards.has(module.forward) || module.children().every(isClean)
}

/**
 * Runs modules one after the other, as {@link Sequential} and the blocks do, some neighbours as one op. A tensor
 * between two clean modules is released as soon as the second has used it; the caller may release the result when the last
 * module is clean.
 */
export function runThrough(modules: readonly Module[], input: Tensor): Tensor {
  let current = input
  // Whether nobody but this loop can hold `current`.
  let hidden = false
  for (let i = 0; i < modules.length; i++) {
    const module = modules[i]
    const fused = fusedRun(modules, i)
    if (fused !== null) i += fused.length - 1
    // Only the library's own modules can be fused.
    const clean = fused !== null || isClean(module)
    const output = fused === null ? module.forward(current) : fused.run(current)
    if (output === current) {
      hidden = hidden && clean
      continue
    }
    if (hidden && clean) current.dispose()
    current = output
    hidden = clean
  }
  return current
}

/**
 * Modules run one after the other. They are named `0`, `1`, …, or as the keys of an object.
 *
 * ```ts
 * new nn.Sequential(new nn.Linear(784, 64), new nn.ReLU(), new nn.Linear(64, 10))
 * new nn.Sequential({ hidden: new nn.Linear(784, 64), act: new nn.ReLU(), head: new nn.Linear(64, 10) })
 * ```
 *
 * A tensor between two of the library's own modules is released as soon as the second has used it; what backward needs
 * of it is kept by the tape. A batch normalization and the ReLU behind it run as one op, and the convolution before it gathers
 * its statistics; a convolution or a max pooling takes over a ReLU beside it. Modules with hooks run alone, as all do when
 * `STRIDED_FUSE` is 0.
 *
 * @throws {DTypeError} when something is no module.
 */
export class Sequential extends Module {
  readonly #items: [string, Module][]

  constructor(named: Record<string, Module>)
  constructor(...modules: Module[])
  constructor(...args: (Module | Record<string, Module>)[]) {
    super()
    const named = args.length === 1 && !(args[0] instanceof Module) && typeof args[0] === 'object' && args[0] !== null
    const entries = named ? Object.entries(args[0]) : args.map((module, i): [string, unknown] => [String(i), module])
    this.#items = entries.map(([name, module]) => [checkName('Sequential', name), asModule('Sequential', module)])
  }

  override forward(input: Tensor): Tensor {
    return runThrough(
      this.#items.map(([, module]) => module),
      input,
    )
  }

  override namedChildren(): [string, Module][] {
    return [...this.#items]
  }

  /** Number of modules. */
  get length(): number {
    return this.#items.length
  }

  /** The module at a position, which may count from the end; undefined when there is none. */
  at(index: number): Module | undefined {
    return this.#items.at(index)?.[1]
  }

  /**
   * Puts a module in the place of another, such as a new head for other classes. The position may count from the end.
   *
   * @throws {RangeError} when there is no module to replace.
   */
  set(index: number, module: Module): this {
    this.#items[placeOf('Sequential', index, this.length)][1] = asModule('Sequential', module)
    return this
  }

  /**
   * Adds a module at the end, named by its position, and returns this one.
   *
   * @throws {RangeError} when a module has that name already.
   */
  append(module: Module): this {
    const name = String(this.length)
    if (this.#items.some(([taken]) => taken === name)) {
      throw new RangeError(`Sequential: expected the name "${name}" to be free for the module that is appended`)
    }
    this.#items.push([name, asModule('Sequential', module)])
    return this
  }

  [Symbol.iterator](): IterableIterator<Module> {
    return this.children()[Symbol.iterator]()
  }
}

/**
 * A list of modules that `parameters()` and `stateDict()` find; it computes nothing by itself.
 *
 * @throws {DTypeError} when something is no module.
 */
export class ModuleList extends Module<never, never> {
  readonly #items: Module[]

  constructor(modules: Iterable<Module> = []) {
    super()
    this.#items = Array.from(modules, (module) => asModule('ModuleList', module))
  }

  override forward(): never {
    throw new StateError('ModuleList: has no forward of its own; call its modules one by one')
  }

  override namedChildren(): [string, Module][] {
    return this.#items.map((module, i) => [String(i), module])
  }

  /** Number of modules. */
  get length(): number {
    return this.#items.length
  }

  /**
   * The module at a position, which may count from the end.
   *
   * @throws {RangeError} when there is none.
   */
  at(index: number): Module {
    return this.#items[placeOf('ModuleList', index, this.length)]
  }

  /**
   * Puts a module in the place of another; the position may count from the end.
   *
   * @throws {RangeError} when there is none to replace.
   */
  set(index: number, module: Module): this {
    this.#items[placeOf('ModuleList', index, this.length)] = asModule('ModuleList', module)
    return this
  }

  /** Adds a module at the end and returns the list. */
  append(module: Module): this {
    this.#items.push(asModule('ModuleList', module))
    return this
  }

  /** Adds modules at the end and returns the list. */
  extend(modules: Iterable<Module>): this {
    this.#items.push(...Array.from(modules, (module) => asModule('ModuleList', module)))
    return this
  }

  /**
   * Puts a module before the one at `index`, which may count from the end, or at the end, and returns the list.
   *
   * @throws {RangeError} when `index` lies outside the list.
   */
  insert(index: number, module: Module): this {
    const place = index === this.length ? index : placeOf('ModuleList', index, this.length)
    this.#items.splice(place, 0, asModule('ModuleList', module))
    return this
  }

  [Symbol.iterator](): IterableIterator<Module> {
    return this.#items[Symbol.iterator]()
  }
}

/** A position from the start, for one that may count from the end. */
function placeOf(op: string, index: number, length: number): number {
  const place = index < 0 ? index + length : index
  if (Number.isInteger(place) && place >= 0 && place < length) return place
  throw new RangeError(`${op}: expected an index below ${length}, got ${index}`)
}

/** @throws {DTypeError} when a value is no module. */
export function asModule(op: string, value: unknown): Module {
  if (value instanceof Module) return value as Module
  throw new DTypeError(`${op}: expected modules, got ${describe(value)}`)
}

markCleanBlock(Sequential)
