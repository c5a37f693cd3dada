import { checkMaterialized, type InputShape, inputShapes } from '../../insight/meta_pass.ts'
import type { Module } from '../../nn/module.ts'
import { itemSize } from '../../tensor/dtype.ts'
import { checkOptions } from '../../util/check.ts'
import { ShapeError, StateError } from '../../util/errors.ts'
import { formatShape, type Shape, sizeOf } from '../../util/shape.ts'
import { bytesOf } from '../elements.ts'
import { saveParts } from '../replace_file.ts'
import { checkBatchOfOne, leaveBatchOpen, openShape } from './batch.ts'
import { type Attribute, type Constant, Float, type GraphNode, type Weight } from './graph.ts'
import { type GraphValue, recordGraph } from './record.ts'
import {
  ATTRIBUTE_TYPE,
  ELEMENT_TYPE,
  encodeModel,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxTensor,
  type OnnxValue,
} from './schema.ts'

/** The inputs that an exported model takes. */
export interface ExportOnnxOptions {
  /** Shape of the input, the batch included, or one for each of several inputs. */
  inputShape: InputShape
  /** Whether the file takes batches of any size, `false` by default: only that of `inputShape`. */
  dynamicBatch?: boolean
}

/** The operator set: the first with LayerNormalization, which runtimes have had since 2022. */
const OPSET = 17
/** The format's version that goes with the operator set. */
const IR_VERSION = 8
// Protobuf's readers take no larger file.
const MAX_BYTES = 2 ** 31 - 1

/**
 * Exports a model for inference as an ONNX file, operator set 17.
 *
 * The graph is read off a forward pass on shapes alone, in evaluation mode, so any module whose ops have an ONNX form can
 * be exported; its weights keep their state-dict names. The input is called `input`, the output `output`, numbered from
 * `input_0` and `output_0` where there are several; a weight of such a name gets another. The model itself is left as it is.
 * Without the path of a file its bytes are returned.
 *
 * ```ts
 * exportOnnx(model, 'model.onnx', { inputShape: [1, 3, 32, 32], dynamicBatch: true })
 * ```
 *
 * @throws {ShapeError} when the input shape is none, or does not fit the model.
 * @throws {StateError} naming the module whose op has no ONNX form, or depends on the batch size in a way that none has.
 * @throws {FormatError} when the file cannot be written; an old file of that name is then as it was.
 */
export function exportOnnx(model: Module, options: ExportOnnxOptions): Uint8Array
export function exportOnnx(model: Module, path: string, options: ExportOnnxOptions): void
export function exportOnnx(
  model: Module,
  target: string | ExportOnnxOptions,
  rest?: ExportOnnxOptions,
): Uint8Array | undefined {
  const options = typeof target === 'string' ? (rest as ExportOnnxOptions) : target
  checkOptions('exportOnnx', options, ['inputShape', 'dynamicBatch'])
  const shapes = inputShapes('exportOnnx', options.inputShape)
  checkMaterialized('exportOnnx', model)
  const bytes = encode(options.dynamicBatch ? anyBatch(model, shapes) : oneBatch(model, shapes))
  if (typeof target !== 'string') return bytes
  saveParts('exportOnnx', target, [bytes])
  return undefined
}

/** A graph that is complete: sizes of values may be names. */
interface FinishedGraph {
  name: string
  nodes: readonly GraphNode[]
  constants: readonly Constant[]
  weights: readonly Weight[]
  inputs: { name: string; shape: readonly (number | string)[] }[]
  outputs: { name: string; shape: readonly (number | string)[] }[]
}

function oneBatch(model: Module, shapes: readonly Shape[]): FinishedGraph {
  const { graph, inputs, outputs } = recordGraph(model, shapes)
  const { nodes, constants, weights } = graph
  return { name: model.constructor.name, nodes, constants, weights, inputs, outputs }
}

/** Null when a model refuses what is asked of it, in whatever words. */
function unlessRefused<T>(fn: () => T): T | null {
  try {
    return fn()
  } catch {
    return null
  }
}

function anyBatch(model: Module, shapes: readonly Shape[]): FinishedGraph {
  const batch = shapes[0][0]
  if (shapes.some((shape) => shape[0] !== batch)) {
    throw new ShapeError(
      `exportOnnx: expected inputs of one batch size with dynamicBatch, got ${shapes.map(formatShape).join(', ')}`,
    )
  }
  // Two batches that no mistake makes look alike; a batch of one would hide that a size is the batch.
  const batches: [number, number] = [Math.max(2, batch), Math.max(2, batch) + 1]
  const record = (size: number) =>
    recordGraph(
      model,
      shapes.map((shape) => shape.with(0, size)),
    )
  const [first, second] = batches.map(record)
  leaveBatchOpen(first.graph, second.graph)
  const single = unlessRefused(() => record(1))
  if (single !== null) {
    const [shapesOfMany, shapesOfOne] = [first, single].map(({ outputs }) => outputs.map(({ shape }) => shape))
    checkBatchOfOne(shapesOfMany, shapesOfOne)
  }
  const open = (values: readonly GraphValue[], others: readonly GraphValue[]) =>
    values.map(({ name, shape }, i) => ({ name, shape: openShape(name, shape, others[i].shape, batches) }))
  const { nodes, constants, weights } = first.graph
  const inputs = open(first.inputs, second.inputs)
  return {
    name: model.constructor.name,
    nodes,
    constants,
    weights,
    inputs,
    outputs: open(first.outputs, second.outputs),
  }
}

function encode({ name, nodes, constants, weights, inputs, outputs }: FinishedGraph): Uint8Array {
  const bytes = weights.reduce((sum, { dtype, shape }) => sum + itemSize(dtype) * sizeOf(shape), 0)
  if (bytes > MAX_BYTES) {
    throw new StateError(`exportOnnx: expected weights of at most ${MAX_BYTES} bytes, the format's limit, got ${bytes}`)
  }
  const initializers = [...constants.map(constantTensor), ...weights.map(weightTensor)]
  const model: OnnxModel = {
    irVersion: BigInt(IR_VERSION),
    producerName: 'strided',
    opsetImport: [{ domain: '', version: BigInt(OPSET) }],
    graph: {
      name,
      node: nodes.map((node) => ({
        name: node.name,
        opType: node.op,
        input: node.inputs,
        output: [node.output],
        attribute: Object.entries(node.attributes).map(attributeOf),
      })),
      initializer: initializers,
      input: inputs.map(valueOf),
      output: outputs.map(valueOf),
    },
  }
  return encodeModel(model)
}

function attributeOf([name, value]: [string, Attribute]): OnnxAttribute {
  if (value instanceof Float) return { name, type: ATTRIBUTE_TYPE.float, f: value.value }
  if (typeof value === 'number') return { name, type: ATTRIBUTE_TYPE.int, i: BigInt(value) }
  if (typeof value === 'string') return { name, type: ATTRIBUTE_TYPE.string, s: Buffer.from(value) }
  return { name, type: ATTRIBUTE_TYPE.ints, ints: value.map(BigInt) }
}

function constantTensor({ name, dtype, shape, values }: Constant): OnnxTensor {
  const array = dtype === 'int64' ? BigInt64Array.from(values, BigInt) : Float32Array.from(values)
  return { name, dims: shape.map(BigInt), dataType: ELEMENT_TYPE[dtype], rawData: bytesOf(array) }
}

function weightTensor({ name, dtype, shape, read }: Weight): OnnxTensor {
  return { name, dims: shape.map(BigInt), dataType: ELEMENT_TYPE[dtype], rawData: bytesOf(read()) }
}

function valueOf({ name, shape }: { name: string; shape: readonly (number | string)[] }): OnnxValue {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: BigInt(size) }))
  return { name, type: { tensorType: { elemType: ELEMENT_TYPE.float32, shape: { dim } } } }
}
