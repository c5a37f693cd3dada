import { tapeWatch } from '../autograd/node.ts'
import type { HookHandle } from '../nn/hooks.ts'
import type { Module } from '../nn/module.ts'
import { itemSize } from '../tensor/dtype.ts'
import type { GradNode, Tensor } from '../tensor/tensor.ts'
import { StridedError } from '../util/errors.ts'
import type { Shape } from '../util/shape.ts'
import { metaPass, tensorsIn } from './meta_pass.ts'

/** A kernel that a forward pass called, and the problem it was given. */
export interface KernelCall {
  readonly name: string
  readonly args: readonly unknown[]
}

/** One op of a forward pass. */
export interface Step {
  readonly index: number
  /** Name of the op, such as `conv2d`, `batchNorm` or `add`. */
  readonly op: string
  readonly shape: Shape
  /** What made each input; null for inputs of the model and for parameters. */
  readonly inputs: readonly (Step | null)[]
  readonly inputShapes: readonly Shape[]
  /** Whether each input is one of the model's. */
  readonly given: readonly boolean[]
  /** Parameters and other leaves among the inputs, in their places. */
  readonly leaves: readonly (Tensor | null)[]
  readonly kernels: readonly KernelCall[]
  /** The innermost module that was running. */
  readonly call: Call
  /** Steps that read the output. */
  readonly readers: Step[]
}

/** A tensor that goes into or comes out of a module. */
export interface Value {
  readonly shape: Shape
  readonly bytes: number
  /** What made it; null for an input of the model. */
  readonly step: Step | null
  /** Which of the model's inputs it is, counted from 0; −1 for none. */
  readonly given: number
}

/** One run of a module's forward. */
export interface Call {
  readonly index: number
  readonly path: string
  readonly module: Module
  readonly parent: Call | null
  readonly inputs: readonly Value[]
  outputs: readonly Value[]
  /** Bytes of the outputs that are no other tensor's memory. */
  outputBytes: number
  /** Kernels that the module called itself, not through modules inside it. */
  readonly kernels: KernelCall[]
}

/** A forward pass as it was followed. */
export interface Trace {
  readonly root: Call
  /** Modules in the order their forward began. */
  readonly calls: readonly Call[]
  /** Ops in the order they ran. */
  readonly steps: readonly Step[]
}

/** Tensors of a step, which hold nothing and last as long as the pass. */
export interface StepTensors {
  readonly output: Tensor
  readonly inputs: readonly (Tensor | null)[]
  /** The model's inputs. */
  readonly given: readonly Tensor[]
}

/** How a forward pass is followed. */
export interface TraceOptions {
  /** Name of the function that asks, for errors. */
  op: string
  /** Whether the modules behave as in training. */
  training: boolean
  /** Whether what is computed from buffers alone is recorded as well, `false` by default. */
  buffers?: boolean
  /** Called for every step; what it throws ends the pass. */
  onStep?: (step: Step, tensors: StepTensors) => void
}

/** A forward pass that failed, and as much of it as there was. */
export class TraceError extends Error {
  readonly call: Call
  readonly trace: Trace
  readonly reason: unknown

  constructor(call: Call, trace: Trace, reason: unknown) {
    super(reason instanceof Error ? reason.message : String(reason))
    this.call = call
    this.trace = trace
    this.reason = reason
  }

  /** The failure as an error of the function that asked: its own kind, with the module's path in front. */
  named(op: string): Error {
    if (!(this.reason instanceof StridedError)) return this.reason as Error
    const { path, module } = this.call
    const place = path === '' ? module.constructor.name : `${path} (${module.constructor.name})`
    const Kind = this.reason.constructor as new (message: string) => StridedError
    return new Kind(`${op}: at ${place}: ${this.message}`)
  }
}

/** Gathers what happens in a forward pass. */
class Recorder {
  readonly calls: Call[] = []
  readonly steps: Step[] = []
  readonly #stack: Call[] = []
  readonly #steps = new Map<GradNode, Step>()
  #pending: KernelCall[] = []
  readonly #paths: Map<Module, string>
  readonly #inputs: readonly Tensor[]
  readonly #onStep: TraceOptions['onStep']

  constructor(model: Module, inputs: readonly Tensor[], onStep: TraceOptions['onStep']) {
    this.#inputs = inputs
    this.#onStep = onStep
    this.#paths = new Map(Array.from(model.namedModules(), ([path, module]) => [module, path]))
  }

  get trace(): Trace {
    return { root: this.calls[0], calls: this.calls, steps: this.steps }
  }

  /** The innermost module that is running. */
  get current(): Call {
    return this.#stack[this.#stack.length - 1]
  }

  kernel(name: string, args: readonly unknown[]): void {
    const call = { name, args }
    this.#pending.push(call)
    this.current?.kernels.push(call)
  }

  enter(module: Module, inputs: unknown): void {
    const parent = this.current ?? null
    const call: Call = {
      index: this.calls.length,
      path: this.#pathOf(module, parent),
      module,
      parent,
      inputs: tensorsIn(inputs).map((tensor) => this.#value(tensor)),
      outputs: [],
      outputBytes: 0,
      kernels: [],
    }
    this.calls.push(call)
    this.#stack.push(call)
  }

  leave(inputs: unknown, output: unknown): void {
    const call = this.current
    const given = new Set(tensorsIn(inputs).map(({ storage }) => storage))
    const made = tensorsIn(output)
    call.outputs = made.map((tensor) => this.#value(tensor))
    const fresh = new Map(made.filter(({ storage }) => !given.has(storage)).map((tensor) => [tensor.storage, tensor]))
    for (const { size, dtype } of fresh.values()) call.outputBytes += size * itemSize(dtype)
    this.#stack.pop()
  }

  record(op: string, output: Tensor, inputs: readonly (Tensor | null)[]): void {
    if (this.current === undefined) return
    const sources = inputs.map((input) => (input === null ? null : this.#stepOf(input)))
    const step: Step = {
      index: this.steps.length,
      op,
      shape: output.shape,
      inputs: sources,
      inputShapes: inputs.map((input) => input?.shape ?? []),
      given: inputs.map((input) => input !== null && this.#inputs.includes(input)),
      leaves: inputs.map((input) => (input?.isLeaf ? input : null)),
      kernels: this.#pending,
      call: this.current,
      readers: [],
    }
    this.#pending = []
    for (const source of new Set(sources)) source?.readers.push(step)
    this.steps.push(step)
    this.#steps.set(output.gradNode as GradNode, step)
    this.#onStep?.(step, { output, inputs, given: this.#inputs })
  }

  #stepOf(tensor: Tensor): Step | null {
    return tensor.gradNode === null ? null : (this.#steps.get(tensor.gradNode) ?? null)
  }

  #value(tensor: Tensor): Value {
    const { shape, size, dtype } = tensor
    return { shape, bytes: size * itemSize(dtype), step: this.#stepOf(tensor), given: this.#inputs.indexOf(tensor) }
  }

  /** A module's name where it is called: one that is used in several places has several. */
  #pathOf(module: Module, parent: Call | null): string {
    const known = this.#paths.get(module) ?? module.constructor.name
    if (parent === null) return known
    const names = parent.module.namedChildren().flatMap(([name, child]) => (child === module ? [name] : []))
    if (names.length < 2) return known
    const before = this.calls.filter((call) => call.parent === parent && call.module === module).length
    const name = names[Math.min(before, names.length - 1)]
    return parent.path === '' ? name : `${parent.path}.${name}`
  }
}

function watch(model: Module, recorder: Recorder): HookHandle[] {
  return [...model.modules()].flatMap((module) => [
    module.registerForwardPreHook((_, inputs) => {
      recorder.enter(module, inputs)
      return undefined
    }),
    module.registerForwardHook((_, inputs, output) => {
      recorder.leave(inputs, output)
      return undefined
    }),
  ])
}

/**
 * Follows a forward pass on shapes alone: which modules run, which ops they call, and what flows between them. Nothing is
 * computed and nothing about the model changes.
 *
 * Every op is recorded, whatever requires gradients; fused forms are off, because every module has hooks.
 *
 * @throws {TraceError} when the forward throws.
 */
export function traceForward(model: Module, shapes: readonly Shape[], options: Omit<TraceOptions, 'op'>): Trace {
  const { training, buffers = false, onStep } = options
  let recorder: Recorder | null = null
  const listener = (name: string, args: readonly unknown[]): void => recorder?.kernel(name, args)
  return metaPass(model, shapes, listener, ({ inputs }) => {
    const recording = new Recorder(model, inputs, onStep)
    recorder = recording
    for (const module of model.modules()) module.training = training
    const followed = buffers ? [...model.buffers()].filter(({ dtype }) => dtype === 'float32') : []
    for (const tensor of [...inputs, ...model.parameters(), ...followed]) tensor.requiresGrad = true
    const outer = tapeWatch.observer
    const handles = watch(model, recording)
    tapeWatch.observer = (op, output, sources) => recording.record(op, output, sources)
    try {
      model.forward(...(inputs as [Tensor]))
      return recording.trace
    } catch (error) {
      const { trace } = recording
      throw new TraceError(recording.current ?? trace.root, trace, error)
    } finally {
      tapeWatch.observer = outer
      for (const handle of handles) handle.remove()
    }
  })
}

/** {@link traceForward} for a function that has no use for half a pass. */
export function traceOrThrow(model: Module, shapes: readonly Shape[], options: TraceOptions): Trace {
  try {
    return traceForward(model, shapes, options)
  } catch (error) {
    throw error instanceof TraceError ? error.named(options.op) : error
  }
}
