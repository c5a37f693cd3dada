import type { BinaryOp } from '../../../reference/index.ts'
import { type Converters, type Layout, noElements, only, type StepView } from '../step.ts'

const BINARY: Readonly<Record<string, string>> = {
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  pow: 'Pow',
  maximum: 'Max',
  minimum: 'Min',
}

/** Operations on a tensor and a number with the arguments swapped. */
const SWAPPED: Readonly<Partial<Record<BinaryOp, string>>> = { rsub: 'Sub', rdiv: 'Div', rpow: 'Pow' }

/** The operations with one number that the step's kernels were given, in order. */
function withNumbers({ kernels }: StepView): { op: BinaryOp; value: number }[] {
  const found: { op: BinaryOp; value: number }[] = []
  let filled = 0
  for (const { name, args } of kernels) {
    // A tensor with gaps meets the number as a tensor that was filled with it.
    if (name === 'fill') filled = args[1] as number
    else if (name === 'binaryScalar') found.push({ op: args[0] as BinaryOp, value: args[3] as number })
    else if (name === 'binaryStrided') found.push({ op: args[0] as BinaryOp, value: filled })
  }
  return found
}

function arithmetic(step: StepView): string {
  const { graph, inputs, op } = step
  if (inputs.length === 2) return graph.node(BINARY[op], inputs as string[])
  const last = withNumbers(step).at(-1)
  if (last === undefined) throw noElements(step.op)
  const { input } = only(step)
  const number = graph.floats(last.value)
  const swapped = SWAPPED[last.op]
  return swapped === undefined ? graph.node(BINARY[op], [input, number]) : graph.node(swapped, [number, input])
}

function clamp(step: StepView): string {
  const { graph } = step
  const bounds = withNumbers(step)
  const bound = (op: BinaryOp): string => {
    const found = bounds.findLast((one) => one.op === op)
    return found === undefined ? '' : graph.floats(found.value)
  }
  const limits = [bound('maximum'), bound('minimum')]
  return graph.node('Clip', [only(step).input, ...(limits[1] === '' ? limits.slice(0, 1) : limits)])
}

/** A matrix is one `Gemm`; more dimensions are a product with the transposed weight. */
function linear(step: StepView): string {
  const { graph, inputs } = step
  const { input, layout } = only(step)
  const [, weight, bias] = inputs
  if (layout.shape.length === 2) {
    return graph.node('Gemm', [input, weight as string, ...(bias ? [bias] : [])], { transB: 1 })
  }
  const product = graph.node('MatMul', [input, graph.node('Transpose', [weight as string], { perm: [1, 0] })])
  return bias ? graph.node('Add', [product, bias]) : product
}

const matmul = (step: StepView): string => step.graph.node('MatMul', step.inputs as string[])

const UNARY = {
  neg: 'Neg',
  abs: 'Abs',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  reciprocal: 'Reciprocal',
  sign: 'Sign',
  floor: 'Floor',
}

/** Puts inputs next to each other along the dimension in which the output is larger. */
function cat(step: StepView): string {
  const { graph, inputs, layouts, output } = step
  const [first] = layouts as Layout[]
  const axis = output.shape.findIndex((size, dim) => size !== first.shape[dim])
  if (axis === -1) return graph.node('Identity', [inputs[0] as string])
  return graph.node('Concat', inputs as string[], { axis })
}

/** Puts inputs next to each other along a new dimension: the one whose removal gives their shape. */
function stack(step: StepView): string {
  const { graph, inputs, layouts, output } = step
  const { shape } = layouts[0] as Layout
  const axis = output.shape.findIndex(
    (size, dim) => size === inputs.length && output.shape.toSpliced(dim, 1).every((other, i) => other === shape[i]),
  )
  const layers = inputs.map((name) => graph.node('Unsqueeze', [name as string, graph.ints([axis])]))
  return graph.node('Concat', layers, { axis })
}

/** One input is dealt out: `[N, groups, C / groups, …]` read as `[N, C / groups, groups, …]`; several take turns. */
function channelShuffle(step: StepView): string {
  const { graph, inputs, output, kernels } = step
  const { shape } = output
  if (inputs.length > 1) {
    const layers = inputs.map((name) => graph.node('Unsqueeze', [name as string, graph.ints([2])]))
    return graph.reshape(graph.node('Concat', layers, { axis: 2 }), shape)
  }
  const copy = kernels.findLast(({ name }) => name === 'copy')?.args[0] as { shape: readonly number[] } | undefined
  if (copy === undefined) throw noElements(step.op)
  const [n, each, groups, ...spatial] = copy.shape
  const grouped = graph.reshape(only(step).input, [n, groups, each, ...spatial])
  const rest = spatial.map((_, i) => i + 3)
  return graph.reshape(graph.node('Transpose', [grouped], { perm: [0, 2, 1, ...rest] }), shape)
}

export const arithmetics: Converters = {
  ...Object.fromEntries(Object.keys(BINARY).map((op) => [op, arithmetic])),
  ...Object.fromEntries(
    Object.entries(UNARY).map(([op, name]) => [op, (step: StepView) => step.graph.node(name, [only(step).input])]),
  ),
  square: (step) => step.graph.node('Mul', [only(step).input, only(step).input]),
  clamp,
  linear,
  matmul,
  mm: matmul,
  bmm: matmul,
  cat,
  stack,
  channelShuffle,
}
