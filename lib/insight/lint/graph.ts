import { type Shape, sizeOf } from '../../util/shape.ts'
import type { Step } from '../trace.ts'

const CONVOLUTION = /^conv(Transpose)?\dd$/
const ACTIVATIONS = new Set(
  (
    'relu leakyRelu prelu elu selu celu silu gelu mish softplus softsign sigmoid tanh hardsigmoid hardswish hardtanh relu6 ' +
    'softmax logSoftmax clamp maximum minimum maxPool1d maxPool2d maxPool3d abs square exp'
  ).split(' '),
)
const SATURATING = new Set('sigmoid tanh softsign hardsigmoid hardtanh'.split(' '))
// Ops whose output holds the elements of their input, elsewhere or in another order.
const RESHAPING = new Set(
  'flatten unflatten reshape view squeeze unsqueeze permute transpose contiguous clone channelShuffle'.split(' '),
)
// Linear functions of their input, besides convolutions and linear layers.
const LINEAR = new Set('mean sum avgPool1d avgPool2d avgPool3d adaptiveAvgPool2d pad neg dropout dropout2d'.split(' '))

/** Whether an op is a convolution, transposed ones included. */
export function isConvolution({ op, leaves }: Step): boolean {
  // A convolution that pads by reflection records the padding under its own name, without a weight.
  return CONVOLUTION.test(op) && leaves.length > 1
}

export function isLinearLayer({ op }: Step): boolean {
  return op === 'linear'
}

/** Whether an op is not linear in its input. */
export function isNonlinear({ op }: Step): boolean {
  return ACTIVATIONS.has(op) || /(Relu|MaxPool\dd)$/.test(op)
}

/** Whether an op's slope goes to 0 on both sides. */
export function isSaturating({ op }: Step): boolean {
  return SATURATING.has(op)
}

export function isReshaping({ op }: Step): boolean {
  return RESHAPING.has(op)
}

/** Whether an op normalises with the statistics of a batch. */
export function isBatchNorm({ op }: Step): boolean {
  return op.startsWith('batchNorm')
}

/** Whether an op normalises, by whatever statistics. */
export function isNorm({ op }: Step): boolean {
  return /[nN]orm/.test(op)
}

export function isDropout({ op }: Step): boolean {
  return /[dD]ropout/.test(op)
}

/** Whether an op is a linear function that is no layer with a weight matrix: norms, pooling, dropout, other shapes. */
export function isLinearGlue(step: Step): boolean {
  return LINEAR.has(step.op) || isNorm(step) || isDropout(step) || isReshaping(step)
}

/** The nearest op before an input of `step` that is none of those that `skip` accepts; null at the model's input. */
export function sourceOf(step: Step, skip: (step: Step) => boolean, input = 0): Step | null {
  let source = step.inputs[input] ?? null
  while (source !== null && skip(source)) source = source.inputs[0] ?? null
  return source
}

/** Places of a feature map: the product of all sizes but batch and channels. */
export function areaOf(shape: Shape): number {
  return sizeOf(shape.slice(2))
}

/** Where an op is, as a sentence names it: the module's path, or the model. */
export function placeOf({ call }: Step): string {
  return call.path === '' ? 'the model' : call.path
}

/** Window of a convolution along its spatial dimensions. */
export interface ConvolutionWindow {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly number[]
  readonly dilation: readonly number[]
  readonly groups: number
}

/** The window of a convolution, from its kernel's problem. */
export function windowOf(step: Step): ConvolutionWindow | null {
  const problem = step.kernels.map(({ args }) => args[0] as Record<string, number>).find((one) => one?.kw !== undefined)
  if (problem === undefined) return null
  const axes = ['d', 'h', 'w'].slice(-(step.shape.length - 2))
  const along = (letter: string, absent: number): number[] => axes.map((axis) => problem[letter + axis] ?? absent)
  return {
    kernel: along('k', 1),
    stride: along('s', 1),
    padding: along('p', 0),
    dilation: along('d', 1),
    groups: problem.g ?? 1,
  }
}
