// Gives tensors their methods.
import '../ops/methods.ts'
import { LazyParameter } from '../nn/parameter.ts'
import { untracked } from '../tensor/scope.ts'
import { copyElements, emptyTensor, Tensor } from '../tensor/tensor.ts'
import { checkNonNegative, describe } from '../util/check.ts'
import { DTypeError, FormatError, RangeError, StateError } from '../util/errors.ts'
import { formatShape, sameShape } from '../util/shape.ts'

/** Parameters with settings of their own; those left out come from the optimizer's options. */
export type GroupInput<Options> = Partial<Options> & { params: Iterable<Tensor> }

/** Parameters as an optimizer takes them: all alike, or in groups. */
export type ParamsInput<Options> = Iterable<Tensor> | Iterable<GroupInput<Options>>

/** Parameters and the settings they are updated with; change `lr` here to change the rate. */
export type ParamGroup<Options> = Options & { params: Tensor[] }

/** What an optimizer keeps for one parameter, by name. */
export type ParamState = Record<string, Tensor | number>

/** Settings and state of an optimizer; parameters appear by their position. */
export interface OptimizerState {
  state: Record<number, ParamState>
  paramGroups: (Record<string, unknown> & { params: number[] })[]
}

/** Base of all optimizers: parameter groups, gradients, state. */
export abstract class Optimizer<Options extends { lr: number } = { lr: number }> {
  readonly paramGroups: ParamGroup<Options>[] = []
  /** Kept for each parameter that has been updated. */
  protected readonly state = new Map<Tensor, ParamState>()
  readonly #name: string

  /**
   * @throws {RangeError} when there is no parameter, one is given twice or a setting is out of range.
   * @throws {StateError} for a tensor that is not a leaf.
   */
  constructor(name: string, params: ParamsInput<Options>, defaults: Options) {
    this.#name = name
    const given = [...(params as Iterable<Tensor | GroupInput<Options>>)]
    if (given.length === 0) throw new RangeError(`${name}: expected at least one parameter, got none`)
    const grouped = given.some((item) => !(item instanceof Tensor))
    const groups = grouped
      ? (given as GroupInput<Options>[])
      : [{ params: given as Tensor[] } as unknown as GroupInput<Options>]
    for (const group of groups) this.addParamGroup(group, defaults)
  }

  /** Checks the settings of a group. */
  protected abstract checkOptions(options: Options): void

  /** Updates every parameter that has a gradient. */
  abstract step(): void

  private addParamGroup(group: GroupInput<Options>, defaults: Options): void {
    const { params, ...settings } = group
    if (params === undefined) {
      throw new DTypeError(`${this.#name}: expected tensors or groups { params, ... }, got ${describe(group)}`)
    }
    const options = { ...defaults, ...settings } as unknown as Options
    this.checkOptions(options)
    const list = [...params]
    const known = new Set(this.paramGroups.flatMap((other) => other.params))
    for (const param of list) {
      this.#checkParam(param)
      if (known.has(param)) {
        throw new RangeError(`${this.#name}: parameter ${formatShape(param.shape)} is given more than once`)
      }
      known.add(param)
    }
    this.paramGroups.push({ ...options, params: list })
  }

  #checkParam(param: Tensor): void {
    if (!(param instanceof Tensor) || param.dtype !== 'float32') {
      throw new DTypeError(`${this.#name}: expected float32 tensors, got ${param?.dtype ?? describe(param)}`)
    }
    if (param instanceof LazyParameter && param.isLazy && param.beforeOptimizers) {
      throw new StateError(
        `${this.#name}: expected parameters of known shape, got a lazy one ${formatShape(param.shape)}; ` +
          'run one forward pass first to infer it',
      )
    }
    if (!param.isLeaf) {
      throw new StateError(
        `${this.#name}: expected leaves, got a tensor that ${param.gradFn?.name} made; ` +
          `parameter ${formatShape(param.shape)}`,
      )
    }
    if (!param.isDense()) {
      throw new StateError(
        `${this.#name}: expected parameters without gaps in memory; parameter ${formatShape(param.shape)}; ` +
          'use contiguous()',
      )
    }
  }

  /** Sets the gradients of all parameters to null; their memory is released unless user code has seen it. */
  zeroGrad(): void {
    for (const { params } of this.paramGroups) for (const param of params) param.clearGrad()
  }

  #params(): Tensor[] {
    return this.paramGroups.flatMap(({ params }) => params)
  }

  /** Settings and state, to continue training later; the tensors share the optimizer's memory. */
  stateDict(): OptimizerState {
    const position = new Map(this.#params().map((param, i) => [param, i]))
    const state: OptimizerState['state'] = {}
    for (const [param, kept] of this.state) {
      const entries = Object.entries(kept).map(([name, value]) => [
        name,
        value instanceof Tensor ? value.alias() : value,
      ])
      state[position.get(param) as number] = Object.fromEntries(entries)
    }
    const paramGroups = this.paramGroups.map(({ params, ...settings }) => ({
      ...(settings as Record<string, unknown>),
      params: params.map((param) => position.get(param) as number),
    }))
    return { state, paramGroups }
  }

  /**
   * Takes settings and state over from {@link stateDict}. Everything is checked first.
   *
   * @throws {FormatError} when groups, parameters or shapes differ; the optimizer is then unchanged.
   */
  loadStateDict(saved: OptimizerState): void {
    const params = this.#params()
    const sizes = this.paramGroups.map((group) => group.params.length)
    const savedSizes = saved.paramGroups.map((group) => group.params.length)
    if (!sameShape(sizes, savedSizes)) {
      throw new FormatError(
        `${this.#name}.loadStateDict: expected groups of ${formatShape(sizes)} parameters, got ${formatShape(savedSizes)}`,
      )
    }
    for (const [i, kept] of Object.entries(saved.state)) {
      const param = params[Number(i)]
      for (const [name, value] of Object.entries(kept)) {
        if (param !== undefined && (!(value instanceof Tensor) || sameShape(value.shape, param.shape))) continue
        throw new FormatError(
          `${this.#name}.loadStateDict: expected ${name} of parameter ${i} to have shape ` +
            `${param === undefined ? 'of a parameter that exists' : formatShape(param.shape)}, ` +
            `got ${value instanceof Tensor ? formatShape(value.shape) : describe(value)}`,
        )
      }
    }
    saved.paramGroups.forEach(({ params: _, ...settings }, i) => {
      Object.assign(this.paramGroups[i], settings)
    })
    this.state.clear()
    for (const [i, kept] of Object.entries(saved.state))
      this.state.set(params[Number(i)], copyState(params[Number(i)], kept))
  }
}

/** Copies saved state into tensors that lie in memory as the parameter does. */
function copyState(param: Tensor, kept: ParamState): ParamState {
  const entries = Object.entries(kept).map(([name, value]) => {
    if (!(value instanceof Tensor)) return [name, value]
    const copy = stateTensor(param)
    copyElements('loadStateDict', value, copy)
    return [name, copy]
  })
  return Object.fromEntries(entries)
}

/** An uninitialised tensor for an optimizer's state that lies in memory as the parameter does; outside all scopes. */
export function stateTensor(param: Tensor): Tensor {
  return untracked(() => emptyTensor(param.shape, 'float32', param.strides))
}

/**
 * Checks the settings that optimizers share.
 *
 * @throws {RangeError} when one is negative or not finite.
 */
export function checkRates(name: string, { lr, weightDecay }: { lr: number; weightDecay: number }): void {
  checkNonNegative(name, 'lr', lr)
  checkNonNegative(name, 'weightDecay', weightDecay)
}
