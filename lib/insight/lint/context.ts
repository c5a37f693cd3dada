import type { Module } from '../../nn/module.ts'
import type { Optimizer } from '../../optim/optimizer.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import type { Shape } from '../../util/shape.ts'
import { type Field, receptiveFields } from '../fields.ts'
import type { Step, Trace, TraceError } from '../trace.ts'
import { isConvolution } from './graph.ts'

/** What the user said besides the model. */
export interface Given {
  readonly inputShape: Shape
  readonly optimizer: Optimizer | null
  readonly batchSize: number | null
}

/** What rules look at: the model, a forward pass through it in training mode, and what the user said. */
export class Context {
  readonly model: Module
  readonly given: Given
  readonly trace: Trace
  /** Why the forward pass stopped, null when it did not. */
  readonly failure: TraceError | null
  /** Whether each module was in training mode before lint looked. */
  readonly modes: ReadonlyMap<Module, boolean>
  /** What each op sees of the input. */
  readonly fieldOf: (step: Step | null) => Field | null
  /** Names of the model's parameters. */
  readonly names: ReadonlyMap<Tensor, string>
  readonly #before = new Map<Step, number>()
  readonly #after = new Map<Step, number>()

  constructor(
    model: Module,
    given: Given,
    modes: ReadonlyMap<Module, boolean>,
    trace: Trace,
    failure: TraceError | null,
  ) {
    this.model = model
    this.given = given
    this.modes = modes
    this.trace = trace
    this.failure = failure
    this.fieldOf = receptiveFields(trace, given.inputShape)
    this.names = new Map(Array.from(model.namedParameters(), ([name, parameter]) => [parameter, name]))
    this.#countConvolutions()
  }

  get steps(): readonly Step[] {
    return this.trace.steps
  }

  /** What made the model's first output; null when the forward failed or returned its input. */
  get lastStep(): Step | null {
    return this.trace.root?.outputs[0]?.step ?? null
  }

  /** Most convolutions on a way from the input to what an op reads. */
  convolutionsBefore(step: Step): number {
    return this.#before.get(step) ?? 0
  }

  /** Most convolutions on a way from what an op makes to the output. */
  convolutionsAfter(step: Step): number {
    return this.#after.get(step) ?? 0
  }

  /** Numbers in all parameters. */
  get parameterCount(): number {
    return [...this.names.keys()].reduce((sum, { size }) => sum + size, 0)
  }

  #countConvolutions(): void {
    const own = (step: Step): number => (isConvolution(step) ? 1 : 0)
    for (const step of this.steps) {
      const ways = step.inputs.map((input) => (input === null ? 0 : this.convolutionsBefore(input) + own(input)))
      this.#before.set(step, Math.max(0, ...ways))
    }
    for (const step of this.steps.toReversed()) {
      this.#after.set(step, Math.max(0, ...step.readers.map((reader) => this.convolutionsAfter(reader) + own(reader))))
    }
  }
}
