import type { Module } from '../../nn/module.ts'
import type { Parameter } from '../../nn/parameter.ts'
import { cloneRaw } from '../../ops/dense.ts'
import type { Optimizer } from '../../optim/optimizer.ts'
import { untracked } from '../../tensor/scope.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { checkInteger, checkOptions } from '../../util/check.ts'
import { StateError } from '../../util/errors.ts'
import { checkMaterialized } from '../meta_pass.ts'
import { distanceOf, markAlive, momentsOf, normOf } from './measures.ts'
import { Meters } from './meters.ts'
import { HealthReport } from './report.ts'
import { ForwardWatch } from './watch.ts'

export type { HealthFlag, HealthReport, LayerHealth } from './report.ts'

/** When {@link health} takes its measures. */
export interface HealthOptions {
  /** The optimizer of the run, whose steps are then noticed by themselves; without it call `step()` behind each. */
  optimizer?: Optimizer
  /** Steps from one measured step to the next, at least 1; 1 by default. */
  every?: number
}

/** A training run under observation; see {@link health}. */
export class HealthMonitor {
  readonly #model: Module
  readonly #optimizer: Optimizer | null
  readonly #every: number
  readonly #watch: ForwardWatch
  readonly #invariant = new Set<Tensor>()
  // The same measures over one step and over all steps since the last call of epoch().
  readonly #step = new Meters()
  readonly #epoch = new Meters()
  /** The parameters before the step. */
  readonly #before = new Map<Parameter, Tensor>()
  readonly #unwrap: () => void
  #steps = 0
  #last: HealthReport | null = null
  #attached = true

  constructor(model: Module, { optimizer, every = 1 }: HealthOptions) {
    this.#model = model
    this.#optimizer = optimizer ?? null
    this.#every = checkInteger('health', 'every', every, 1)
    this.#watch = new ForwardWatch(model, {
      wanted: () => this.#due,
      output: (path, module, output) => this.#activation(path, module, output),
      rectified: (path, type, output) => {
        for (const meters of this.#both)
          markAlive(output, meters.of(path, type).aliveOf(output.shape[1] ?? output.size))
      },
      invariant: (weight) => this.#invariant.add(weight),
    })
    this.#unwrap = this.#optimizer === null ? () => {} : this.#wrap(this.#optimizer)
    if (this.#optimizer === null) this.#remember()
  }

  /** The report on the last step that was measured; null before the first. */
  get last(): HealthReport | null {
    return this.#last
  }

  /**
   * Measures a step. To be called behind the optimizer's and before the gradients are set to null, and only when the
   * monitor was made without an optimizer.
   *
   * @returns the report on the step, null when it is not one to be measured
   * @throws {StateError} after `detach()`, and with an optimizer, whose steps are noticed by themselves.
   */
  step(): HealthReport | null {
    if (!this.#attached) throw new StateError('health: expected a monitor that is attached, got one after detach()')
    if (this.#optimizer !== null) {
      throw new StateError(
        'health: expected no call of step() on a monitor that has an optimizer, whose steps it notices',
      )
    }
    const report = this.#finish()
    this.#remember()
    return report
  }

  /**
   * The averages over all steps measured since the last call, and begins anew; a unit counts as dead when it was so in all
   * of them. Null when there was no step.
   */
  epoch(): HealthReport | null {
    if (this.#epoch.steps === 0) return null
    const report = new HealthReport(this.#steps, this.#epoch.steps, this.#epoch.layers)
    this.#epoch.reset()
    return report
  }

  /** Takes all hooks away and gives all memory back; the reports stay. */
  detach(): void {
    if (!this.#attached) return
    this.#attached = false
    this.#watch.remove()
    this.#unwrap()
    this.#forget()
  }

  [Symbol.dispose](): void {
    this.detach()
  }

  get #both(): readonly Meters[] {
    return [this.#step, this.#epoch]
  }

  /** Whether the step that is under way is to be measured. */
  get #due(): boolean {
    return this.#steps % this.#every === 0
  }

  #activation(path: string, module: Module, output: Tensor): void {
    const [mean, std] = momentsOf(output)
    for (const meters of this.#both) {
      const meter = meters.of(path, module.constructor.name)
      meter.add('activationMean', mean)
      meter.add('activationStd', std)
    }
  }

  /** Puts the measuring around the optimizer's step and returns what takes it away. */
  #wrap(optimizer: Optimizer): () => void {
    const own = Object.hasOwn(optimizer, 'step')
    const original = optimizer.step
    const wrapped = (): void => {
      if (!this.#attached) {
        original.call(optimizer)
        return
      }
      this.#remember()
      original.call(optimizer)
      this.#finish()
      this.#forget()
    }
    optimizer.step = wrapped
    return () => {
      // Someone may have wrapped it again since; then ours stays inside and only passes on.
      if (optimizer.step !== wrapped) return
      if (own) optimizer.step = original
      else Reflect.deleteProperty(optimizer, 'step')
    }
  }

  #remember(): void {
    this.#forget()
    if (!this.#due) return
    for (const parameter of this.#model.parameters()) {
      this.#before.set(
        parameter,
        untracked(() => cloneRaw('health', parameter)),
      )
    }
  }

  #forget(): void {
    for (const copy of this.#before.values()) copy.dispose()
    this.#before.clear()
  }

  /** Measures the parameters behind a step and reports. */
  #finish(): HealthReport | null {
    const due = this.#due
    this.#steps++
    if (!due) return null
    for (const [path, module] of this.#model.namedModules()) this.#parameters(path, module)
    for (const meters of this.#both) meters.steps++
    this.#last = new HealthReport(this.#steps, 1, this.#step.layers)
    this.#step.reset()
    return this.#last
  }

  #parameters(path: string, module: Module): void {
    const parameters = module.ownParameters().map(([, parameter]) => parameter)
    if (parameters.length === 0) return
    const norm = (sizes: readonly number[]): number => Math.hypot(...sizes)
    const gradients = parameters.flatMap(({ gradTensor }) => (gradTensor === null ? [] : [gradTensor]))
    // The gradient belongs to the weights that the step started from.
    const started = parameters.map((parameter) => this.#before.get(parameter) ?? parameter)
    const weightNorm = norm(started.map(normOf))
    const update = norm(parameters.map((parameter, i) => distanceOf(parameter, started[i])))
    for (const meters of this.#both) {
      const meter = meters.of(path, module.constructor.name)
      meter.add('gradNorm', gradients.length === 0 ? null : norm(gradients.map(normOf)))
      meter.add('weightNorm', weightNorm)
      meter.add('updateRatio', weightNorm === 0 ? null : update / weightNorm)
      meter.add('effectiveLearningRate', this.#effectiveRate(parameters))
    }
  }

  /** `lr / ‖weight‖²` of the weight whose scale a norm takes away. */
  #effectiveRate(parameters: readonly Parameter[]): number | null {
    const weight = parameters.find((parameter) => this.#invariant.has(parameter))
    const group = this.#optimizer?.paramGroups.find(({ params }) => params.includes(weight as Tensor))
    return weight === undefined || group === undefined
      ? null
      : group.lr / normOf(this.#before.get(weight) ?? weight) ** 2
  }
}

/**
 * Watches a training run and reports how each layer fares: norms of gradients and weights, how much a step changes the
 * weights, mean and deviation of activations, dead ReLUs, and the effective learning rate of weights that a norm makes
 * free of scale; gradients that vanish or explode are flagged with the layer where they begin, seen from the output.
 *
 * With an optimizer its steps are noticed by themselves; without one, `step()` is called behind each. Only forwards in
 * training mode with recording count. Numbers are kept for the last step and as averages until `epoch()` is called, so
 * memory stays flat. What is measured has no influence on training; fused forms are off while the monitor is attached.
 *
 * ```ts
 * const monitor = health(model, { optimizer, every: 10 })
 * // … an epoch of training …
 * console.log(String(monitor.epoch()))
 * monitor.detach()
 * ```
 *
 * @throws {RangeError} when `every` is no positive integer.
 * @throws {StateError} when a lazy module has seen no input yet.
 *
 * Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010; van
 * Laarhoven, "L2 Regularization versus Batch and Weight Normalization", 2017, for the effective learning rate.
 */
export function health(model: Module, options: HealthOptions = {}): HealthMonitor {
  checkOptions('health', options, ['optimizer', 'every'])
  checkMaterialized('health', model)
  return new HealthMonitor(model, options)
}
