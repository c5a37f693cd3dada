// Gives tensors their methods.
import '../ops/methods.ts'
import { noGrad } from '../autograd/grad_mode.ts'
import type { BufferRef } from '../kernels/backend.ts'
import { LazyParameter } from '../nn/parameter.ts'
import { disposeCopy, withStrides } from '../ops/dense.ts'
import { untracked } from '../tensor/scope.ts'
import { copyElements, emptyTensor, Tensor } from '../tensor/tensor.ts'
import { checkBoolean, checkNonNegative, describe } from '../util/check.ts'
import { DTypeError, FormatError, RangeError, StateError } from '../util/errors.ts'
import { formatShape, sameShape } from '../util/shape.ts'

/** Parameters with settings of their own; those left out come from the optimizer's options. */
export type GroupInput<Options> = Partial<Options> & { params: Tensor | Iterable<Tensor> }

/** Parameters as an optimizer takes them: all alike, or in groups. */
export type ParamsInput<Options> = Iterable<Tensor> | Iterable<GroupInput<Options>>

/**
 * Parameters and the settings they are updated with; change `lr` here to change the rate. A schedule notes the rate that it
 * starts from as `initialLr`.
 */
export type ParamGroup<Options> = Options & { params: Tensor[]; initialLr?: number }

/** Parameters that have a gradient and are updated alike: those of a group that are in the same phase. */
export interface Batch<Options> {
  group: ParamGroup<Options>
  /** What beside the settings decides how to update, such as the number of the step. */
  phase: number
  params: Tensor[]
}

/** What an optimizer keeps for one parameter, by name. */
export type ParamState = Record<string, Tensor | number>

/** Settings and state of an optimizer; parameters appear by their position. */
export interface OptimizerState {
  /** What is kept for each parameter that has been updated, by its position among those of all groups. */
  state: Record<number, ParamState>
  /** Settings of each group, and the positions of its parameters. */
  paramGroups: (Record<string, unknown> & { params: number[] })[]
}

/** Base of all optimizers: parameter groups, gradients, state. */
export abstract class Optimizer<Options extends { lr: number } = { lr: number }> {
  /** The settings of groups that have none of their own. */
  readonly defaults: Options
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
    this.defaults = defaults
    const given = [...(params as Iterable<Tensor | GroupInput<Options>>)]
    if (given.length === 0) throw new RangeError(`${name}: expected at least one parameter, got none`)
    const grouped = given.some((item) => !(item instanceof Tensor))
    const groups = grouped
      ? (given as GroupInput<Options>[])
      : [{ params: given as Tensor[] } as unknown as GroupInput<Options>]
    for (const group of groups) this.addParamGroup(group)
  }

  /** Checks the settings of a group. */
  protected abstract checkOptions(options: Options): void

  /** Updates every parameter that has a gradient. */
  abstract step(): void

  /**
   * Adds parameters with settings of their own, such as those of layers that are trained from now on.
   *
   * @throws {RangeError} when a parameter is there already or a setting is out of range; the optimizer is then unchanged.
   */
  addParamGroup(group: GroupInput<Options>): void {
    const { params, ...settings } = group
    if (params === undefined) {
      throw new DTypeError(`${this.#name}: expected tensors or groups { params, ... }, got ${describe(group)}`)
    }
    const options = { ...this.defaults, ...settings } as unknown as Options
    this.checkOptions(options)
    const list = params instanceof Tensor ? [params] : [...params]
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

  /** The parameters that have a gradient, in batches that are updated alike. */
  protected batches(phaseOf: (param: Tensor) => number = () => 0): Batch<Options>[] {
    return this.paramGroups.flatMap((group) => {
      const phases = new Map<number, Batch<Options>>()
      for (const param of group.params) {
        if (param.gradTensor === null) continue
        const phase = phaseOf(param)
        const batch = phases.get(phase)
        if (batch === undefined) phases.set(phase, { group, phase, params: [param] })
        else batch.params.push(param)
      }
      return [...phases.values()]
    })
  }

  /** Runs one kernel over all parameters of the batches and their gradients, both in the order of the batches. */
  protected update(
    batches: readonly Batch<Options>[],
    kernel: (params: BufferRef[], grads: BufferRef[]) => void,
  ): void {
    const params = batches.flatMap((batch) => batch.params)
    if (params.length === 0) return
    // Backward gives gradients in the parameter's own order in memory; those set by hand may have another.
    const grads = params.map((param) => withStrides(this.#name, param.gradTensor as Tensor, param.strides))
    kernel(
      params.map((param) => param.buffer(this.#name)),
      grads.map((grad) => grad.buffer(this.#name)),
    )
    for (const param of params) param.storage.version++
    grads.forEach((grad, i) => {
      disposeCopy(grad, params[i].gradTensor as Tensor)
    })
  }

  /** The buffers of one state of the parameters of those batches whose group has it; a new state holds `initial`. */
  protected stateBuffers(
    batches: readonly Batch<Options>[],
    name: string,
    has: (group: ParamGroup<Options>) => boolean = () => true,
    initial: (group: ParamGroup<Options>) => number = () => 0,
  ): BufferRef[] {
    return batches.flatMap(({ group, params }) => {
      if (!has(group)) return []
      return params.map((param) => this.#stateTensor(param, name, initial(group)).buffer(this.#name))
    })
  }

  #stateTensor(param: Tensor, name: string, initial: number): Tensor {
    const kept = this.#stateOf(param)
    const known = kept[name]
    if (known !== undefined) return known as Tensor
    const made = stateTensor(param)
    noGrad(() => made.fill_(initial))
    kept[name] = made
    return made
  }

  #stateOf(param: Tensor): ParamState {
    const known = this.state.get(param)
    if (known !== undefined) return known
    const kept: ParamState = {}
    this.state.set(param, kept)
    return kept
  }

  /** The number of the step that a parameter is about to take, counted from 1. */
  protected nextStep(param: Tensor): number {
    return ((this.state.get(param)?.step as number | undefined) ?? 0) + 1
  }

  /** Notes the phase of each batch as the number of steps that its parameters have taken. */
  protected countSteps(batches: readonly Batch<Options>[]): void {
    for (const { phase, params } of batches) for (const param of params) this.#stateOf(param).step = phase
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
 * Checks the settings that optimizers share, and the switches among all of them.
 *
 * @throws {RangeError} when one is negative or not finite.
 * @throws {DTypeError} when a switch is neither true nor false.
 */
export function checkRates(name: string, options: { lr: number; weightDecay: number }): void {
  checkNonNegative(name, 'lr', options.lr)
  checkNonNegative(name, 'weightDecay', options.weightDecay)
  const settings = options as Readonly<Record<string, unknown>>
  for (const key of SWITCHES) if (key in settings) checkBoolean(name, key, settings[key] as boolean)
}

const SWITCHES = ['maximize', 'nesterov', 'decoupled', 'amsgrad', 'centered']
