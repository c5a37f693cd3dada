import type { CopyProblem, ReduceProblem } from '../../../reference/index.ts'
import { physicalOrder } from '../../../tensor/layout.ts'
import { type Shape, sameShape, sizeOf } from '../../../util/shape.ts'
import { type Converters, findKernel, type Layout, noForm, only, problemOf, type StepView } from '../step.ts'

/** All ways to choose `count` of the dimensions. */
function choices(ndim: number, count: number): number[][] {
  const all = Array.from({ length: 2 ** ndim }, (_, bits) =>
    Array.from({ length: ndim }, (_, i) => i).filter((i) => (bits >> i) & 1),
  )
  return all.filter((dims) => dims.length === count)
}

/** The reduced dimensions as kernels see them: the middle of `[outer, size, inner]` in the order of memory. */
function splitOf({ shape, strides }: Layout, dims: readonly number[]): Omit<ReduceProblem, 'op' | 'correction'> | null {
  const order = physicalOrder(shape, strides)
  const first = order.findIndex((dim) => dims.includes(dim))
  const last = order.findLastIndex((dim) => dims.includes(dim))
  if (order.slice(first, last + 1).some((dim) => !dims.includes(dim))) return null
  const size = (part: readonly number[]): number => sizeOf(part.map((dim) => shape[dim]))
  return {
    outer: size(order.slice(0, first)),
    size: size(order.slice(first, last + 1)),
    inner: size(order.slice(last + 1)),
  }
}

/**
 * Dimensions that a reduction takes away, read off what its kernel was told: any choice that reads the same elements for
 * every output is the same reduction.
 */
function reducedDims(step: StepView, problem: ReduceProblem): { dims: number[]; keepdim: boolean } {
  const { layout } = only(step)
  const { shape } = layout
  const to = step.output.shape
  const keepdim = to.length === shape.length
  const counts = keepdim ? [...shape.keys()].map((i) => i + 1) : [shape.length - to.length]
  const copy = findKernel(step, 'copy')?.[0] as CopyProblem | undefined
  for (const dims of counts.flatMap((count) => choices(shape.length, count))) {
    const kept = [...shape.keys()].filter((dim) => !dims.includes(dim))
    const expected = keepdim ? shape.map((size, dim) => (dims.includes(dim) ? 1 : size)) : kept.map((dim) => shape[dim])
    if (!sameShape(expected, to) || sizeOf(dims.map((dim) => shape[dim])) !== problem.size) continue
    const order = [...kept, ...dims]
    const copied =
      copy !== undefined &&
      sameShape(
        copy.inputStrides,
        order.map((dim) => layout.strides[dim]),
      )
    const split = splitOf(layout, dims)
    const direct = split !== null && split.outer === problem.outer && split.inner === problem.inner
    if (copied || direct) return { dims, keepdim }
  }
  throw noForm(step, 'its dimensions are not clear')
}

const NODES: Readonly<Record<string, string>> = { mean: 'ReduceMean', max: 'ReduceMax', min: 'ReduceMin' }

function reduceNode({ graph }: StepView, op: string, input: string, dims: Shape, keepdim: boolean): string {
  const keepdims = keepdim ? 1 : 0
  if (op === 'sum') return graph.node('ReduceSum', [input, graph.ints(dims)], { keepdims })
  return graph.node(NODES[op], [input], { axes: dims, keepdims })
}

function reduction(step: StepView): string {
  const { input, layout } = only(step)
  if (layout.shape.length === 0) return step.graph.node('Identity', [input])
  const { dims, keepdim } = reducedDims(step, problemOf<ReduceProblem>(step, 'reduce'))
  return reduceNode(step, step.op, input, dims, keepdim)
}

/** `Σ (input − mean)² / (size − correction)`, and its root for `std`. */
function variance(step: StepView): string {
  const { graph } = step
  const { input } = only(step)
  const problem = problemOf<ReduceProblem>(step, 'reduce')
  const { dims, keepdim } = reducedDims(step, problem)
  const center = graph.node('Sub', [input, reduceNode(step, 'mean', input, dims, true)])
  const squares = reduceNode(step, 'sum', graph.node('Mul', [center, center]), dims, keepdim)
  const value = graph.node('Div', [squares, graph.floats(Math.max(0, problem.size - problem.correction))])
  return step.op === 'std' ? graph.node('Sqrt', [value]) : value
}

export const reductions: Converters = {
  sum: reduction,
  mean: reduction,
  max: reduction,
  min: reduction,
  var: variance,
  std: variance,
}
