import { Tensor } from '../tensor/tensor.ts'
import { describe } from '../util/check.ts'
import { DTypeError, RangeError, StateError } from '../util/errors.ts'
import { Module } from './module.ts'
import { Parameter } from './parameter.ts'

/**
 * A list of parameters that a module's `parameters()` and `stateDict()` find; it computes nothing by itself. Tensors become
 * parameters.
 *
 * ```ts
 * class Mixture extends nn.Module {
 *   weights = new nn.ParameterList([1, 2, 3].map((size) => randn([size])))
 * }
 * ```
 *
 * @throws {DTypeError} when something is no tensor of float32.
 */
export class ParameterList extends Module<never, never> {
  readonly #items: Parameter[] = []

  constructor(parameters: Iterable<Tensor> = []) {
    super()
    this.extend(parameters)
  }

  override forward(): never {
    throw new StateError('ParameterList: has no forward of its own; use its parameters one by one')
  }

  override ownParameters(): [string, Parameter][] {
    return this.#items.map((parameter, i) => [String(i), parameter])
  }

  /** Number of parameters. */
  get length(): number {
    return this.#items.length
  }

  /**
   * The parameter at a position, which may count from the end.
   *
   * @throws {RangeError} when there is none.
   */
  at(index: number): Parameter {
    const parameter = this.#items.at(index)
    if (parameter === undefined) {
      throw new RangeError(`ParameterList: expected an index below ${this.length}, got ${index}`)
    }
    return parameter
  }

  /** Adds a parameter at the end and returns the list. */
  append(parameter: Tensor): this {
    if (!(parameter instanceof Tensor)) {
      throw new DTypeError(`ParameterList: expected tensors, got ${describe(parameter)}`)
    }
    this.#items.push(parameter instanceof Parameter ? parameter : new Parameter(parameter))
    return this
  }

  /** Adds parameters at the end and returns the list. */
  extend(parameters: Iterable<Tensor>): this {
    for (const parameter of parameters) this.append(parameter)
    return this
  }

  [Symbol.iterator](): IterableIterator<Parameter> {
    return this.#items[Symbol.iterator]()
  }

  override extraRepr(): string {
    return this.#items
      .map(({ shape }, i) => `  (${i}): Parameter containing: [torch.float32 of size ${shape.join('x')}]`)
      .join('\n')
  }
}
