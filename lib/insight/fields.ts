import { LocallyConnected2d } from '../nn/locally_connected2d.ts'
import { type Shape, sameShape, sizeOf } from '../util/shape.ts'
import type { Step, Trace } from './trace.ts'

/** What the elements of a tensor see of the model's input along one spatial dimension. */
export interface AxisField {
  /** Elements of the input that one element depends on. */
  readonly size: number
  /** Distance in the input between what neighbouring elements see. */
  readonly stride: number
  /** First of the input's elements that the first one sees; negative in the padding. */
  readonly start: number
  /** The size along the shortest way, past residual branches. */
  readonly least: number
}

/** What the elements of a tensor see of the model's input. */
export interface Field {
  readonly axes: readonly AxisField[]
  /** Whether the spatial dimensions are gone: every element sees all that the axes say. */
  readonly collapsed: boolean
}

/** A window along one dimension. */
interface Window {
  kernel: number
  stride: number
  padding: number
  dilation: number
}

const AXES = ['d', 'h', 'w']

/** The window of a convolution or pooling kernel along each of the last `rank` dimensions, or null for other problems. */
function windowsOf(problem: unknown, rank: number): Window[] | null {
  const values = problem as Record<string, unknown>
  if (typeof problem !== 'object' || problem === null || typeof values.kw !== 'number') return null
  return AXES.slice(-rank).map((axis) => {
    const [kernel, stride, padding, dilation] = ['k', 's', 'p', 'd'].map((letter) => values[letter + axis])
    const number = (value: unknown, fallback: number): number => (typeof value === 'number' ? value : fallback)
    return {
      kernel: number(kernel, 1),
      stride: number(stride, 1),
      padding: number(padding, 0),
      dilation: number(dilation, 1),
    }
  })
}

/** The windows of a layer that is put together from smaller ops. */
function windowsOfModule(module: object): Window[] | null {
  if (!(module instanceof LocallyConnected2d)) return null
  const { stride, padding, dilation } = module.options
  return module.kernelSize.map((kernel, i) => ({
    kernel,
    stride: stride[i],
    padding: padding[i],
    dilation: dilation[i],
  }))
}

/** `size ← size + (kernel − 1) · dilation · stride`, `stride ← stride · window's stride`. */
function throughWindow(axis: AxisField, { kernel, stride, padding, dilation }: Window): AxisField {
  const grown = (kernel - 1) * dilation * axis.stride
  return {
    size: axis.size + grown,
    stride: axis.stride * stride,
    start: axis.start - padding * axis.stride,
    least: axis.least + grown,
  }
}

/** Element `i` of the output of a transposed convolution depends on the `o` with `i = o · stride − padding + k · dilation`. */
function throughTransposed(axis: AxisField, { kernel, stride, padding, dilation }: Window): AxisField {
  const reach = (kernel - 1) * dilation
  const grown = Math.floor(reach / stride) * axis.stride
  return {
    size: axis.size + grown,
    stride: axis.stride / stride,
    start: axis.start + Math.ceil((padding - reach) / stride) * axis.stride,
    least: axis.least + grown,
  }
}

/** A change of size that no window explains: adaptive pooling, resizing, or padding where `padded`. */
function throughResize(axis: AxisField, from: number, to: number, padded: boolean): AxisField {
  if (from === to) return axis
  if (padded) return { ...axis, start: axis.start - Math.floor((to - from) / 2) * axis.stride }
  const grown = (Math.ceil(from / to) - 1) * axis.stride
  return { ...axis, size: axis.size + grown, stride: (axis.stride * from) / to, least: axis.least + grown }
}

/** The whole of a spatial dimension. */
function collapseAxis(axis: AxisField, count: number): AxisField {
  const grown = (count - 1) * axis.stride
  return { size: axis.size + grown, stride: 0, start: axis.start, least: axis.least + grown }
}

/** Several tensors that meet element by element: from the first to the last element that any of them sees. */
function union(axes: readonly AxisField[]): AxisField {
  const start = Math.min(...axes.map((axis) => axis.start))
  return {
    start,
    size: Math.max(...axes.map((axis) => axis.start + axis.size)) - start,
    stride: Math.max(...axes.map((axis) => axis.stride)),
    least: Math.min(...axes.map((axis) => axis.least)),
  }
}

/** An input of an op: what the output sees through it, and its own shape. */
interface Source {
  field: Field
  shape: Shape
}

/** Works out what every op of a trace sees of the model's first input. */
class Fields {
  readonly #rank: number
  readonly #input: Field
  readonly #known = new Map<Step, Field | null>()

  constructor(inputShape: Shape) {
    this.#rank = inputShape.length > 2 ? inputShape.length - 2 : 0
    const axis = { size: 1, stride: 1, start: 0, least: 1 }
    this.#input = { axes: new Array(this.#rank).fill(axis), collapsed: this.#rank === 0 }
  }

  of(step: Step | null): Field | null {
    return step === null ? this.#input : (this.#known.get(step) ?? null)
  }

  visit(step: Step): void {
    const whole = windowsOfModule(step.call.module)
    if (whole !== null) {
      const field = this.of(step.call.inputs[0].step)
      this.#known.set(step, field === null ? null : this.#slide(field, whole, throughWindow))
      return
    }
    const sources: Source[] = []
    step.inputs.forEach((input, i) => {
      const field = input === null ? (step.given[i] ? this.#input : null) : this.of(input)
      // Parameters, and what is made of them alone, see nothing.
      if (field === null) return
      sources.push({ field: this.#through(step, field, step.inputShapes[i]), shape: step.inputShapes[i] })
    })
    this.#known.set(step, sources.length === 0 ? null : this.#meet(sources))
  }

  #spatial(shape: Shape): Shape {
    return this.#rank === 0 ? [] : shape.slice(-this.#rank)
  }

  /** Whether the last dimensions of a shape can be the spatial ones. */
  #isSpatial(shape: Shape): boolean {
    return shape.length >= this.#rank + 1
  }

  #through(step: Step, field: Field, from: Shape): Field {
    if (field.collapsed) return field
    const before = this.#spatial(from)
    const after = this.#spatial(step.shape)
    const collapsed = (): Field => ({
      axes: field.axes.map((axis, i) => collapseAxis(axis, before[i])),
      collapsed: true,
    })
    if (step.op === 'linear' || step.op === 'matmul' || !this.#isSpatial(step.shape)) return collapsed()
    const kernel = step.kernels.find(({ args }) => windowsOf(args[0], this.#rank) !== null)
    const windows = windowsOf(kernel?.args[0], this.#rank)
    const transposed = kernel?.name.endsWith('BackwardInput') ?? false
    if (windows !== null) return this.#slide(field, windows, transposed ? throughTransposed : throughWindow)
    if (sameShape(before, after) || SLICES.has(step.op)) return field
    if (step.shape.length !== from.length) return collapsed()
    const padded = step.op === 'pad' || CONVOLUTION.test(step.op)
    return { ...field, axes: field.axes.map((axis, i) => throughResize(axis, before[i], after[i], padded)) }
  }

  #slide(field: Field, windows: readonly Window[], through: (axis: AxisField, window: Window) => AxisField): Field {
    return { ...field, axes: field.axes.map((axis, i) => through(axis, windows[i])) }
  }

  #meet(sources: readonly Source[]): Field {
    // A gate that is the same for the whole image, as in squeeze and excitation, does not count as seeing all of it.
    const area = ({ shape }: Source): number => sizeOf(this.#spatial(shape))
    const largest = Math.max(...sources.map(area))
    const open = sources.filter((source) => !source.field.collapsed && area(source) === largest)
    const fields = (open.length > 0 ? open : sources).map(({ field }) => field)
    return {
      axes: this.#input.axes.map((_, axis) => union(fields.map(({ axes }) => axes[axis]))),
      collapsed: open.length === 0,
    }
  }
}

const SLICES = new Set(['slice', 'narrow', 'select', 'split', 'chunk', 'indexSelect'])
// A convolution that pads by reflection and the like records the padding under its own name.
const CONVOLUTION = /^conv/

/** What every op of a trace sees of the model's first input; null for what is made of parameters alone. */
export function receptiveFields(trace: Trace, inputShape: Shape): (step: Step | null) => Field | null {
  const fields = new Fields(inputShape)
  for (const step of trace.steps) fields.visit(step)
  return (step) => fields.of(step)
}
