import type { Activation, SoftmaxProblem } from '../../../reference/index.ts'
import { Float, type GraphBuilder } from '../graph.ts'
import { type Converters, findKernel, type Layout, noElements, only, problemOf, type StepView } from '../step.ts'

/** Adds the nodes of an activation with its two numbers. */
type Form = (graph: GraphBuilder, x: string, a: number, b: number) => string

const clip = (graph: GraphBuilder, x: string, min: number, max: number): string =>
  graph.node('Clip', [x, graph.floats(min), graph.floats(max)])

const half = (graph: GraphBuilder, x: string, factor: string): string =>
  graph.node('Mul', [graph.node('Mul', [x, graph.floats(0.5)]), graph.node('Add', [factor, graph.floats(1)])])

/** `√(2/π) · (x + 0.044715 · x³)` */
function geluArgument(graph: GraphBuilder, x: string): string {
  const cube = graph.node('Mul', [graph.node('Mul', [x, x]), x])
  const sum = graph.node('Add', [x, graph.node('Mul', [cube, graph.floats(0.044715)])])
  return graph.node('Mul', [sum, graph.floats(Math.sqrt(2 / Math.PI))])
}

/** `log(1 + e^(a · x)) / a`, and x where `a · x` is above the threshold. */
function softplus(graph: GraphBuilder, x: string, a: number, threshold: number): string {
  const scaled = a === 1 ? x : graph.node('Mul', [x, graph.floats(a)])
  const soft = graph.node('Softplus', [scaled])
  const value = a === 1 ? soft : graph.node('Div', [soft, graph.floats(a)])
  // From 20 on, float32 cannot tell the two apart.
  if (threshold >= 20) return value
  return graph.node('Where', [graph.node('Greater', [scaled, graph.floats(threshold)]), x, value])
}

const FORMS: Readonly<Record<Activation, Form>> = {
  leakyRelu: (graph, x, a) => graph.node('LeakyRelu', [x], { alpha: new Float(a) }),
  elu: (graph, x, a) => graph.node('Elu', [x], { alpha: new Float(a) }),
  selu: (graph, x) => graph.node('Selu', [x]),
  celu: (graph, x, a) => graph.node('Celu', [x], { alpha: new Float(a) }),
  sigmoid: (graph, x) => graph.node('Sigmoid', [x]),
  tanh: (graph, x) => graph.node('Tanh', [x]),
  silu: (graph, x) => graph.node('Mul', [x, graph.node('Sigmoid', [x])]),
  gelu: (graph, x) => half(graph, x, graph.node('Erf', [graph.node('Mul', [x, graph.floats(Math.SQRT1_2)])])),
  geluTanh: (graph, x) => half(graph, x, graph.node('Tanh', [geluArgument(graph, x)])),
  mish: (graph, x) => graph.node('Mul', [x, graph.node('Tanh', [graph.node('Softplus', [x])])]),
  softplus,
  softsign: (graph, x) => graph.node('Softsign', [x]),
  hardsigmoid: (graph, x) => graph.node('HardSigmoid', [x], { alpha: new Float(1 / 6), beta: new Float(0.5) }),
  hardswish: (graph, x) => graph.node('HardSwish', [x]),
  hardtanh: clip,
}

function activation(step: StepView): string {
  const args = findKernel(step, 'activationForward')
  if (args === null) throw noElements(step.op)
  const [kind, a, b] = args as [Activation, number, number]
  return FORMS[kind](step.graph, only(step).input, a, b)
}

/** Rectifies the sum of its inputs, of which there may be one or two. */
function relu(step: StepView): string {
  const inputs = step.inputs.filter((name) => name !== null)
  return step.graph.node('Relu', [inputs.length === 1 ? inputs[0] : step.graph.node('Add', inputs)])
}

function prelu(step: StepView): string {
  const { graph } = step
  const { input, layout } = only(step)
  const [slopes] = (step.layouts[1] as Layout).shape
  const weight = step.inputs[1] as string
  const spread = slopes > 1 ? graph.reshape(weight, [slopes, ...layout.shape.slice(2).map(() => 1)]) : weight
  return graph.node('PRelu', [input, spread])
}

/** The dimension is the one with the problem's size whose neighbours lie as far apart as the problem says. */
function softmax(step: StepView): string {
  const { input, layout } = only(step)
  const { shape } = layout
  const { size, inner } = problemOf<SoftmaxProblem>(step, 'softmaxForward', 'logSoftmaxForward')
  // The output has the order in memory that the kernel saw; a dimension of size 1 is as good as any other.
  const axis = shape.findIndex((length, dim) => length === size && (size === 1 || step.output.strides[dim] === inner))
  return step.graph.node(step.op === 'softmax' ? 'Softmax' : 'LogSoftmax', [input], { axis: Math.max(0, axis) })
}

const byKernel = ['leakyRelu', 'elu', 'selu', 'celu', 'sigmoid', 'tanh', 'silu', 'gelu', 'mish', 'softplus']
const others = ['softsign', 'hardsigmoid', 'hardswish', 'hardtanh', 'relu6']

export const activations: Converters = {
  ...Object.fromEntries([...byKernel, ...others].map((op) => [op, activation])),
  relu,
  addRelu: relu,
  prelu,
  softmax,
  logSoftmax: softmax,
}
