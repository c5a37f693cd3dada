import type {
  BatchNormProblem,
  GroupNormProblem,
  LayerNormProblem,
  LocalResponseNormProblem,
  RmsNormProblem,
} from '../../../reference/index.ts'
import type { Shape } from '../../../util/shape.ts'
import { Float } from '../graph.ts'
import { type Converters, findKernel, type Layout, only, problemOf, type StepView } from '../step.ts'

/** A `[C]` that broadcasts over `[N, C, ...spatial]`. */
const column = (step: StepView, value: string, layout: Layout): string =>
  step.graph.reshape(value, [
    layout.shape[0],
    ...only(step)
      .layout.shape.slice(2)
      .map(() => 1),
  ])

/** `value · weight + bias`, each where there is one. */
function affine(step: StepView, value: string, arrange: (name: string, layout: Layout) => string): string {
  const { graph, inputs, layouts } = step
  const [, weight, bias] = inputs
  const scaled = weight ? graph.node('Mul', [value, arrange(weight, layouts[1] as Layout)]) : value
  return bias ? graph.node('Add', [scaled, arrange(bias, layouts[2] as Layout)]) : scaled
}

const channelwise = (step: StepView, value: string): string =>
  affine(step, value, (name, layout) => column(step, name, layout))

/** `input / √(mean(input²) + eps)` over some dimensions, of an input whose mean was taken away where that is wanted. */
function standardized({ graph }: StepView, input: string, axes: Shape, eps: number): string {
  const squares = graph.node('ReduceMean', [graph.node('Mul', [input, input])], { axes, keepdims: 1 })
  const deviation = graph.node('Sqrt', [graph.node('Add', [squares, graph.floats(eps)])])
  return graph.node('Div', [input, deviation])
}

function batchNorm(step: StepView): string {
  const { graph, inputs } = step
  const [input, weight, bias, residual] = inputs
  const problem = problemOf<BatchNormProblem>(step, 'batchNormEvalForward', 'batchNormForward')
  let value: string
  if (findKernel(step, 'batchNormEvalForward') === null) {
    // A layer without running statistics uses the batch's own.
    const axes = [...only(step).layout.shape.keys()].filter((dim) => dim !== 1)
    const mean = graph.node('ReduceMean', [input as string], { axes, keepdims: 1 })
    value = channelwise(step, standardized(step, graph.node('Sub', [input as string, mean]), axes, problem.eps))
  } else {
    const scale = weight ?? graph.filled([problem.c], 1)
    const shift = bias ?? graph.filled([problem.c], 0)
    // What is kept for backward: the input, the running mean and the running variance.
    const values = [input as string, scale, shift, step.saved(1), step.saved(2)]
    value = graph.node('BatchNormalization', values, { epsilon: new Float(problem.eps) })
  }
  if (residual) value = graph.node('Add', [value, residual])
  return problem.relu ? graph.node('Relu', [value]) : value
}

/** Groups of one channel are an instance norm; others are one of images whose channels are the groups. */
function groupNorm(step: StepView): string {
  const { graph, inputs } = step
  const { input, layout } = only(step)
  const { groups, c, eps } = problemOf<GroupNormProblem>(step, 'groupNormForward')
  const normalize = (value: string, scale: string, shift: string): string =>
    graph.node('InstanceNormalization', [value, scale, shift], { epsilon: new Float(eps) })
  if (groups === c && layout.shape.length > 2) {
    return normalize(input, inputs[1] ?? graph.filled([c], 1), inputs[2] ?? graph.filled([c], 0))
  }
  const [n, ...rest] = layout.shape
  const grouped = graph.reshape(input, [n, groups, rest.reduce((product, size) => product * size, 1) / groups])
  const normalized = normalize(grouped, graph.filled([groups], 1), graph.filled([groups], 0))
  return channelwise(step, graph.reshape(normalized, layout.shape))
}

/** How many last dimensions have that many elements together: those of the weight where there is one. */
function trailing(step: StepView, size: number): number {
  const weight = step.layouts[1]
  if (weight) return weight.shape.length
  const { shape } = only(step).layout
  let [dims, product] = [1, shape[shape.length - 1]]
  while (product < size) product *= shape[shape.length - 1 - dims++]
  return dims
}

function layerNorm(step: StepView): string {
  const { graph, inputs } = step
  const { input, layout } = only(step)
  const { size, eps } = problemOf<LayerNormProblem>(step, 'layerNormForward')
  const dims = trailing(step, size)
  const scale = inputs[1] ?? graph.filled(layout.shape.slice(-dims), 1)
  const values = inputs[2] ? [input, scale, inputs[2]] : [input, scale]
  return graph.node('LayerNormalization', values, { axis: -dims, epsilon: new Float(eps) })
}

function rmsNorm(step: StepView): string {
  const { input, layout } = only(step)
  const { size, eps } = problemOf<RmsNormProblem>(step, 'rmsNormForward')
  const dims = trailing(step, size)
  const axes = [...layout.shape.keys()].slice(-dims)
  return affine(step, standardized(step, input, axes, eps), (name) => name)
}

/**
 * ONNX puts the odd channel of an even window on the other side, so those are spelled out: the squares' mean over a
 * window of channels, as an image's rows.
 */
function localResponseNorm(step: StepView): string {
  const { graph } = step
  const { input, layout } = only(step)
  const { size, alpha, beta, k, c } = problemOf<LocalResponseNormProblem>(step, 'localResponseNormForward')
  const { shape } = layout
  if (size % 2 === 1 && shape.length === 4) {
    return graph.node('LRN', [input], { size, alpha: new Float(alpha), beta: new Float(beta), bias: new Float(k) })
  }
  const pixels = shape.slice(2).reduce((product, length) => product * length, 1)
  const rows = graph.reshape(graph.node('Mul', [input, input]), [shape[0], 1, c, pixels])
  const means = graph.node('AveragePool', [rows], {
    kernel_shape: [size, 1],
    pads: [Math.floor(size / 2), 0, Math.floor((size - 1) / 2), 0],
    count_include_pad: 1,
  })
  const scaled = graph.node('Mul', [graph.reshape(means, shape), graph.floats(alpha)])
  const base = graph.node('Add', [scaled, graph.floats(k)])
  return graph.node('Div', [input, graph.node('Pow', [base, graph.floats(beta)])])
}

export const normalizations: Converters = {
  batchNorm,
  groupNorm,
  instanceNorm: groupNorm,
  layerNorm,
  rmsNorm,
  localResponseNorm,
}
