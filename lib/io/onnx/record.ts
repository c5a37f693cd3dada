import type { Node } from '../../autograd/node.ts'
import { type Step, type StepTensors, type Trace, traceOrThrow } from '../../insight/trace.ts'
import { MetaBackend } from '../../kernels/meta_backend.ts'
import type { Module } from '../../nn/module.ts'
import type { AnyArray } from '../../tensor/dtype.ts'
import { untracked } from '../../tensor/scope.ts'
import type { Storage } from '../../tensor/storage.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { StateError } from '../../util/errors.ts'
import { formatShape, type Shape, sameShape, sizeOf } from '../../util/shape.ts'
import { GraphBuilder } from './graph.ts'
import { activations } from './ops/activation.ts'
import { arithmetics } from './ops/arithmetic.ts'
import { convolutions } from './ops/convolution.ts'
import { normalizations } from './ops/normalization.ts'
import { poolings } from './ops/pooling.ts'
import { reductions } from './ops/reduction.ts'
import { views } from './ops/views.ts'
import { type Converters, type Layout, noElements } from './step.ts'

const CONVERTERS: Converters = {
  ...convolutions,
  ...poolings,
  ...normalizations,
  ...activations,
  ...arithmetics,
  ...reductions,
  ...views,
}

/** A value that enters or leaves the graph. */
export interface GraphValue {
  name: string
  shape: Shape
}

/** A model's forward pass as an ONNX graph. */
export interface RecordedGraph {
  graph: GraphBuilder
  inputs: GraphValue[]
  outputs: GraphValue[]
}

/** Follows forward passes and converts every op as it is recorded. */
class GraphRecorder {
  readonly graph = new GraphBuilder()
  readonly inputs: GraphValue[]
  readonly #values = new Map<Step, string>()
  readonly #held: { tensor: Tensor; name: string; used: boolean }[]
  readonly #byStorage = new Map<Storage, { tensor: Tensor; name: string; used: boolean }>()

  constructor(model: Module, shapes: readonly Shape[]) {
    this.inputs = shapes.map((shape, i) => ({ name: shapes.length === 1 ? 'input' : `input_${i}`, shape }))
    for (const { name } of this.inputs) this.graph.reserve(name)
    this.#held = [...model.namedParameters(), ...model.namedBuffers()].map(([name, tensor]) => {
      return { tensor, name, used: false }
    })
    for (const held of this.#held) {
      if (!this.#byStorage.has(held.tensor.storage)) this.#byStorage.set(held.tensor.storage, held)
    }
  }

  step(step: Step, { output, inputs, given }: StepTensors): void {
    const { call, op, kernels } = step
    this.graph.path = call.path
    this.graph.place =
      call.path === '' ? call.module.constructor.name : `${call.path} (${call.module.constructor.name})`
    const convert = Object.hasOwn(CONVERTERS, op) ? CONVERTERS[op] : null
    if (convert === null) throw new StateError(`${op} has no ONNX form`)
    // A size of 0 means another thing in some of ONNX's operators, and nothing is left to compute.
    if (sizeOf(output.shape) === 0) throw noElements(op)
    const name = convert({
      op,
      graph: this.graph,
      inputs: inputs.map((input, i) => (input === null ? null : this.#nameOf(op, input, step.inputs[i], given))),
      layouts: inputs,
      output: output as Layout,
      kernels,
      saved: (index) => this.#leaf(op, savedOf(output, index)),
    })
    this.#values.set(step, name)
  }

  #nameOf(op: string, tensor: Tensor, source: Step | null, given: readonly Tensor[]): string {
    if (source !== null) return this.#values.get(source) as string
    const input = given.indexOf(tensor)
    return input === -1 ? this.#leaf(op, tensor) : this.inputs[input].name
  }

  /** A tensor that no recorded op made: a parameter, a buffer, or numbers that are known without computing. */
  #leaf(op: string, tensor: Tensor): string {
    const { storage, shape, offset } = tensor
    const held = this.#byStorage.get(storage)
    const { dtype } = tensor
    if (held !== undefined && held.tensor.offset === offset && sameShape(held.tensor.shape, shape)) {
      const read = () => held.tensor.toTypedArray()
      if (!held.used) held.name = this.graph.weight({ name: held.name, dtype, shape, isState: true, read })
      held.used = true
      return held.name
    }
    const { path } = this.graph
    const name = path === '' ? 'constant' : `${path}.constant`
    return this.graph.weight({ name, dtype, shape, isState: false, read: readerOf(op, tensor) })
  }

  /** The model's outputs, by names of their own. */
  outputs({ root }: Trace): GraphValue[] {
    const values = root.outputs
    if (values.length === 0) throw new StateError('exportOnnx: expected a model that returns a tensor, got none')
    return values.map(({ step, shape, given }, i) => {
      const name = values.length === 1 ? 'output' : `output_${i}`
      const made = step === null ? this.inputs[given]?.name : this.#values.get(step)
      if (made === undefined) {
        throw new StateError(
          `exportOnnx: expected outputs that the model computes from its input, got ${formatShape(shape)} otherwise`,
        )
      }
      this.graph.path = ''
      // What was given a name already, or is the input itself, gets another.
      const fresh = this.graph.nodes.some(({ output, name: own }) => output === made && own === made)
      if (fresh) this.graph.rename(made, name)
      else this.graph.nodes.push({ ...IDENTITY, name, inputs: [made], output: name })
      if (fresh) for (const [other, value] of this.#values) if (value === made) this.#values.set(other, name)
      return { name, shape }
    })
  }
}

const IDENTITY = { op: 'Identity', attributes: {}, place: '' }

/** A tensor that an op keeps for backward. */
function savedOf(output: Tensor, index: number): Tensor {
  const { saved } = output.gradNode as Node
  return (saved as NonNullable<Node['saved']>)[index].get()
}

/**
 * Reads a tensor that is neither parameter nor buffer: one that the model holds besides, or one that forward makes of
 * plain numbers.
 *
 * @throws {StateError} when it was computed in a way that leaves no record.
 */
function readerOf(op: string, tensor: Tensor): () => AnyArray {
  if (!(tensor.storage.home instanceof MetaBackend)) {
    const held = untracked(() => tensor.alias())
    return () => held.toTypedArray()
  }
  try {
    const values = tensor.toTypedArray()
    return () => values
  } catch (error) {
    if (!(error instanceof StateError)) throw error
    throw new StateError(
      `${op} reads a tensor ${formatShape(tensor.shape)} that was computed without a record ` +
        '(by detach, noGrad, a fill or of integers); make it a buffer, or compute it from the input',
    )
  }
}

/** Converts a model's forward pass for inputs of these shapes. */
export function recordGraph(model: Module, shapes: readonly Shape[]): RecordedGraph {
  const recorder = new GraphRecorder(model, shapes)
  const trace = traceOrThrow(model, shapes, {
    op: 'exportOnnx',
    training: false,
    buffers: true,
    onStep: (step, tensors) => recorder.step(step, tensors),
  })
  const outputs = recorder.outputs(trace)
  return { graph: recorder.graph, inputs: recorder.inputs, outputs }
}
