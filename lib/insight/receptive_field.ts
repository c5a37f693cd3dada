import { inspect } from 'node:util'
import type { Module } from '../nn/module.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape, type Shape } from '../util/shape.ts'
import { type Field, receptiveFields } from './fields.ts'
import { checkMaterialized, type InputShape, inputShapes, shapesText } from './meta_pass.ts'
import { formatSizes, formatTable } from './table.ts'
import { type Trace, traceOrThrow } from './trace.ts'

/** What the elements of a layer's output see of the model's input, one number for each spatial dimension. */
export interface ReceptiveField {
  /**
   * Elements of the input along each dimension that one element of the output depends on. Behind a transposed convolution
   * that differs from place to place, and a fraction says that it is the next larger or smaller number.
   */
  readonly size: readonly number[]
  /** Distance in the input between what neighbours see; 0 where the dimension is gone. */
  readonly stride: readonly number[]
  /** First element of the input that the first element sees; negative in the padding. */
  readonly start: readonly number[]
}

/** {@link ReceptiveField} of one layer. */
export interface LayerReceptiveField extends ReceptiveField {
  /** Name in the model, '' for the model itself. */
  readonly path: string
  /** Class of the module. */
  readonly type: string
  /** Shape of its output, the batch included. */
  readonly outputShape: Shape
}

/** What the layers of a model see of its input, in the order they run; `String(…)` makes a table. */
export class ReceptiveFieldReport {
  /** In the order they run, without those that have no spatial dimensions. */
  readonly layers: readonly LayerReceptiveField[]
  /** Shape of the input that was followed, the batch included. */
  readonly inputShape: Shape

  constructor(layers: readonly LayerReceptiveField[], inputShape: Shape) {
    this.layers = layers
    this.inputShape = inputShape
  }

  /** The field of the last layer whose output still has places. */
  get last(): LayerReceptiveField | null {
    return this.layers.findLast(({ stride }) => stride.some((step) => step > 0)) ?? null
  }

  /** The same as a table. */
  toString(): string {
    const columns = [
      { heading: 'Layer' },
      { heading: 'Output' },
      { heading: 'Size', right: true },
      { heading: 'Stride', right: true },
      { heading: 'Start', right: true },
    ]
    const rows = this.layers.map(({ path, type, outputShape, size, stride, start }) => [
      path === '' ? type : `${path} (${type})`,
      shapesText([outputShape]),
      ...[size, stride, start].map(formatSizes),
    ])
    return formatTable(columns, rows).join('\n')
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

/** A field as users see it; null where there is none or the model has no spatial dimensions. */
export function asReceptiveField(field: Field | null): ReceptiveField | null {
  if (field === null || field.axes.length === 0) return null
  return {
    size: field.axes.map(({ size }) => size),
    stride: field.axes.map(({ stride }) => stride),
    start: field.axes.map(({ start }) => start),
  }
}

/** The fields of the outputs of a trace's innermost modules, in the order they ran. */
function layersOf(trace: Trace, inputShape: Shape): LayerReceptiveField[] {
  const fieldOf = receptiveFields(trace, inputShape)
  return trace.calls.flatMap(({ path, module, outputs }) => {
    if (module.namedChildren().length > 0 || outputs.length === 0) return []
    const field = asReceptiveField(fieldOf(outputs[0].step))
    return field === null ? [] : [{ path, type: module.constructor.name, outputShape: outputs[0].shape, ...field }]
  })
}

/**
 * How much of its input every layer of a model sees, worked out from the ops of a forward pass on shapes alone:
 *
 * `size ← size + (kernelSize − 1) · dilation · stride`, `start ← start − padding · stride`, `stride ← stride · window's stride`
 *
 * for a window, the range from the first to the last element that any of them sees where branches meet. Element `i` of
 * the output sees the input from `start + i · stride` on, `size` elements. Layers without a window pass on what they
 * get; global pooling, `flatten` and linear layers see everything. Statistics of norms, and gates that are the same for the
 * whole image, do not count as seeing all of it.
 *
 * ```ts
 * const model = new nn.Sequential(new nn.Conv2d(3, 8, 3, { stride: 2 }), new nn.MaxPool2d(2))
 * receptiveField(model, [1, 3, 32, 32]).last // { size: [5, 5], stride: [4, 4], start: [0, 0], ... }
 * ```
 *
 * @param inputShape shape of the input, the batch included
 * @throws {ShapeError} when the input does not fit the model or has no spatial dimensions.
 * @throws {StateError} when a lazy module has seen no input yet.
 *
 * Source: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019.
 */
export function receptiveField(model: Module, inputShape: InputShape): ReceptiveFieldReport {
  const op = 'receptiveField'
  const shapes = inputShapes(op, inputShape)
  if (shapes[0].length < 3) {
    throw new ShapeError(`${op}: expected an input with spatial dimensions [N, C, ...], got ${formatShape(shapes[0])}`)
  }
  checkMaterialized(op, model)
  const trace = traceOrThrow(model, shapes, { op, training: false })
  return new ReceptiveFieldReport(layersOf(trace, shapes[0]), shapes[0])
}
