import type { AvgPoolProblem, MaxPoolProblem } from '../../../reference/index.ts'
import { type Shape, sameShape, sizeOf } from '../../../util/shape.ts'
import { type Converters, farEnds, only, perAxis, problemOf, type StepView } from '../step.ts'
import { padNode } from './padding.ts'
import { sliceNode } from './views.ts'

/** Sizes of a pooling's windows. Padding at the far ends is spelled out, so that rounding up needs no mode. */
function windowsOf(step: StepView, problem: object, dilated: boolean) {
  const output = step.output.shape.slice(2)
  const rank = output.length
  const input = only(step).layout.shape.slice(2)
  const kernel = perAxis(problem, 'k', rank)
  const stride = perAxis(problem, 's', rank)
  const before = perAxis(problem, 'p', rank)
  const dilations = dilated ? perAxis(problem, 'd', rank) : kernel.map(() => 1)
  const reach = kernel.map((size, i) => dilations[i] * (size - 1) + 1)
  const ends = farEnds({ input, output, reach, stride, before })
  return { rank, kernel, stride, before, dilations, ends }
}

/** Pads of the spatial dimensions as pads of all. */
const withLead = (before: Shape, ends: Shape): number[] => [0, 0, ...before, 0, 0, ...ends]

function maxPool(step: StepView): string {
  const { graph } = step
  const problem = problemOf<MaxPoolProblem>(step, 'maxPoolForward')
  const { kernel, stride, before, dilations, ends } = windowsOf(step, problem, true)
  let { input } = only(step)
  let pads = [...before, ...ends]
  if (pads.some((size, i) => size >= kernel[i % kernel.length])) {
    // Runtimes refuse padding as large as the window, which a dilated one may have.
    input = padNode(graph, input, withLead(before, ends), 'constant', Number.NEGATIVE_INFINITY)
    pads = pads.map(() => 0)
  }
  const output = graph.node('MaxPool', [input], { kernel_shape: kernel, strides: stride, dilations, pads })
  return problem.relu ? graph.node('Relu', [output]) : output
}

/** The divisor of a window counts its padding, but for what hangs over the padding at the far end. */
function avgPool(step: StepView): string {
  const { graph } = step
  const problem = problemOf<AvgPoolProblem>(step, 'avgPoolForward')
  const { kernel, stride, before, ends } = windowsOf(step, problem, false)
  const average = (input: string, pads: Shape, includePad: boolean): string =>
    graph.node('AveragePool', [input], {
      kernel_shape: kernel,
      strides: stride,
      pads,
      count_include_pad: includePad ? 1 : 0,
    })
  const { input } = only(step)
  if (problem.divisor !== 0) {
    const sum = average(input, [...before, ...ends.map((end, i) => Math.max(end, before[i]))], true)
    return graph.node('Mul', [sum, graph.floats(sizeOf(kernel) / problem.divisor)])
  }
  if (problem.excludePad) return average(input, [...before, ...ends], false)
  const overhang = ends.map((end, i) => Math.max(0, end - before[i]))
  if (overhang.every((size) => size === 0)) return average(input, [...before, ...before], true)
  const padded = padNode(graph, input, withLead(before, before), 'constant', 0)
  return average(padded, [...before.map(() => 0), ...overhang], false)
}

/** Windows of an adaptive pooling along one dimension: from `⌊o · input / output⌋` to `⌈(o + 1) · input / output⌉`. */
function adaptiveWindows(input: number, output: number): [begin: number, end: number][] {
  return Array.from({ length: output }, (_, o) => [
    Math.floor((o * input) / output),
    Math.ceil(((o + 1) * input) / output),
  ])
}

/** One dimension after the other, since windows are products of intervals: parts of it, reduced and put together. */
function adaptiveByParts(step: StepView, reduce: string): string {
  const { graph } = step
  const { input, layout } = only(step)
  return layout.shape.reduce((value, size, dim) => {
    const target = step.output.shape[dim]
    if (dim < 2 || target === size) return value
    const parts = adaptiveWindows(size, target).map(([start, end]) => {
      const part = sliceNode(graph, value, { dim, start, end })
      return graph.node(reduce, [part], { axes: [dim], keepdims: 1 })
    })
    return graph.node('Concat', parts, { axis: dim })
  }, input)
}

function adaptive(step: StepView, kind: 'Average' | 'Max'): string {
  const { input, layout } = only(step)
  const [from, to] = [layout.shape.slice(2), step.output.shape.slice(2)]
  if (sameShape(from, to)) return step.graph.node('Identity', [input])
  if (to.every((size) => size === 1)) return step.graph.node(`Global${kind}Pool`, [input])
  if (to.some((size, i) => from[i] % size !== 0))
    return adaptiveByParts(step, kind === 'Max' ? 'ReduceMax' : 'ReduceMean')
  const kernel = to.map((size, i) => from[i] / size)
  return step.graph.node(`${kind}Pool`, [input], { kernel_shape: kernel, strides: kernel })
}

const average = (step: StepView): string => adaptive(step, 'Average')
const maximum = (step: StepView): string => adaptive(step, 'Max')

export const poolings: Converters = {
  maxPool1d: maxPool,
  maxPool2d: maxPool,
  maxPool3d: maxPool,
  avgPool1d: avgPool,
  avgPool2d: avgPool,
  avgPool3d: avgPool,
  adaptiveAvgPool1d: average,
  adaptiveAvgPool2d: average,
  adaptiveAvgPool3d: average,
  globalAvgPool: average,
  adaptiveMaxPool1d: maximum,
  adaptiveMaxPool2d: maximum,
  adaptiveMaxPool3d: maximum,
  globalMaxPool: maximum,
}
