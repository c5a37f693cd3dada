import type { Shape } from '../../../util/shape.ts'
import {
  type Converters,
  farEnds,
  findKernel,
  type Layout,
  noForm,
  only,
  perAxis,
  problemOf,
  type StepView,
} from '../step.ts'
import { pad } from './padding.ts'

/** What both directions have in common. */
function attributesOf(step: StepView, problem: object) {
  const rank = step.output.shape.length - 2
  const kernel = (step.layouts[1] as Layout).shape.slice(2)
  const dilations = perAxis(problem, 'd', rank)
  const strides = perAxis(problem, 's', rank)
  const before = perAxis(problem, 'p', rank)
  const reach = kernel.map((size, i) => dilations[i] * (size - 1) + 1)
  return { rank, kernel, dilations, strides, before, reach, group: (problem as { g: number }).g }
}

const spatial = ({ shape }: Layout): Shape => shape.slice(2)

/** A convolution; where the border is no zeros, a step of its own before it has padded the input. */
function convolution(step: StepView): string {
  if (step.inputs.length === 1) return pad(step)
  const { layout } = only(step)
  const problem = problemOf<object>(step, 'conv2dForward', 'conv3dForward')
  const { kernel, dilations, strides, before, reach, group } = attributesOf(step, problem)
  const ends = farEnds({ input: spatial(layout), output: spatial(step.output), reach, stride: strides, before })
  const pads = [...before, ...ends]
  return step.graph.node('Conv', operands(step), { kernel_shape: kernel, strides, dilations, pads, group })
}

const operands = ({ inputs }: StepView): string[] => inputs.filter((name) => name !== null)

/** The convolution whose input is the output here runs backward. */
function transposed(step: StepView): string {
  const { layout } = only(step)
  const problem = problemOf<object>(step, 'conv2dBackwardInput', 'conv3dBackwardInput')
  const { kernel, dilations, strides, before, reach, group } = attributesOf(step, problem)
  const size = spatial(step.output)
  const outputPadding = spatial(layout).map((n, i) => size[i] - ((n - 1) * strides[i] - 2 * before[i] + reach[i]))
  // ONNX has none as large as the stride; a border behind that is as much smaller adds the same elements.
  const folded = outputPadding.map((added, i) => (added < strides[i] ? 0 : added))
  const behind = before.map((border, i) => border - folded[i])
  if (behind.some((border) => border < 0)) {
    const [added, stride, border] = [outputPadding, strides, before].map((sizes) => sizes.join('x'))
    throw noForm(step, `an output padding of ${added} is too large for stride ${stride} and padding ${border}`)
  }
  return step.graph.node('ConvTranspose', operands(step), {
    kernel_shape: kernel,
    strides,
    dilations,
    pads: [...before, ...behind],
    output_padding: outputPadding.map((added, i) => added - folded[i]),
    group,
  })
}

export const convolutions: Converters = {
  conv1d: convolution,
  conv2d: convolution,
  conv3d: convolution,
  convTranspose1d: transposed,
  convTranspose2d: transposed,
  convTranspose3d: transposed,
  pad: (step) =>
    findKernel(step, 'padForward') === null ? step.graph.node('Identity', [only(step).input]) : pad(step),
}
