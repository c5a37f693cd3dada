import type { Shape } from '../../../util/shape.ts'
import { sameShape } from '../../../util/shape.ts'
import type { GraphBuilder } from '../graph.ts'
import { type Converters, type Layout, noForm, only, type StepView } from '../step.ts'

// Beyond the end of any dimension.
const TO_THE_END = Number.MAX_SAFE_INTEGER

/** Adds a `Slice` node over one dimension. */
export function sliceNode(
  graph: GraphBuilder,
  input: string,
  { dim, start, end = TO_THE_END, step = 1 }: { dim: number; start: number; end?: number; step?: number },
): string {
  return graph.node('Slice', [input, graph.ints([start]), graph.ints([end]), graph.ints([dim]), graph.ints([step])])
}

const identity = (step: StepView): string => step.graph.node('Identity', [only(step).input])

function reshape(step: StepView): string {
  const { input, layout } = only(step)
  const { shape } = step.output
  if (step.op === 'flatten' && shape.length === 2 && shape[0] === layout.shape[0]) {
    return step.graph.node('Flatten', [input], { axis: 1 })
  }
  return step.graph.reshape(input, shape)
}

/**
 * The order of dimensions that shows a tensor so. Where two dimensions have the same size and distance in memory, either
 * order shows the same elements.
 */
function orderOf(step: StepView, from: Layout, to: Layout): number[] {
  const left = new Set(from.shape.keys())
  const take = (dim: number, fits: (i: number) => boolean): number => {
    const found = [...left].find((i) => from.shape[i] === to.shape[dim] && fits(i))
    if (found === undefined) throw noForm(step, 'its order of dimensions is not that of a permutation')
    left.delete(found)
    return found
  }
  const order = new Array<number>(to.shape.length)
  const dims = [...to.shape.keys()]
  for (const dim of dims.filter((i) => to.shape[i] !== 1))
    order[dim] = take(dim, (i) => from.strides[i] === to.strides[dim])
  for (const dim of dims.filter((i) => to.shape[i] === 1)) order[dim] = take(dim, () => true)
  return order
}

function permute(step: StepView): string {
  const { input, layout } = only(step)
  return step.graph.node('Transpose', [input], { perm: orderOf(step, layout, step.output) })
}

/** One dimension was cut: the start lies as far from the old one as the elements left out before it. */
function cut(step: StepView): string {
  const { input, layout } = only(step)
  const { shape, strides, offset } = step.output
  const dim = shape.findIndex((size, i) => size !== layout.shape[i])
  if (dim === -1) return identity(step)
  const [size, stride] = [layout.shape[dim], layout.strides[dim]]
  if (stride === 0) return sliceNode(step.graph, input, { dim, start: 0, end: shape[dim] })
  const start = (offset - layout.offset) / stride
  const pace = shape[dim] > 1 ? strides[dim] / stride : 1
  const end = start + (shape[dim] - 1) * pace + 1
  return sliceNode(step.graph, input, { dim, start, end: end < size ? end : TO_THE_END, step: pace })
}

function expand(step: StepView): string {
  const { input, layout } = only(step)
  const { shape } = step.output
  if (sameShape(shape, layout.shape)) return identity(step)
  const lead = shape.length - layout.shape.length
  // A size of 1 keeps the input's, whatever the batch.
  const sizes: Shape = shape.map((size, dim) => (dim >= lead && layout.shape[dim - lead] === size ? 1 : size))
  return step.graph.node('Expand', [input, step.graph.ints(sizes)])
}

export const views: Converters = {
  reshape,
  view: reshape,
  flatten: reshape,
  unflatten: reshape,
  squeeze: reshape,
  unsqueeze: reshape,
  permute,
  transpose: permute,
  slice: cut,
  narrow: cut,
  select: cut,
  split: cut,
  expand,
  broadcastTo: expand,
  contiguous: identity,
  clone: identity,
  copy_: expand,
}
