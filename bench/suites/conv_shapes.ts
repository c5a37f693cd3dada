import { readFileSync } from 'node:fs'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import type { Conv2dProblem } from '../../lib/reference/conv2d.ts'

export type ConvPass = 'forward' | 'backwardInput' | 'backwardWeight'

export const CONV_PASSES: readonly ConvPass[] = ['forward', 'backwardInput', 'backwardWeight']

/** A line of conv_shapes.json; one number stands for all spatial dimensions. */
export interface ShapeEntry {
  name: string
  cls: string
  op: string
  input: number[]
  weight: number[]
  stride: number | number[]
  padding: number | number[]
  dilation: number | number[]
  groups: number
  output_padding?: number | number[]
}

/**
 * A convolution of any number of dimensions, in the logical shapes of PyTorch. A transposed one is the backward-input pass
 * of the convolution from its output to its input, which `geometry` describes.
 */
export interface ConvShape {
  /** Name of the public function. */
  name: string
  transposed: boolean
  inputShape: number[]
  weightShape: number[]
  outputShape: number[]
  options: { stride: number[]; padding: number[]; dilation: number[]; groups: number; outputPadding?: number[] }
}

/** The convolution that maps `[n, ic, ...inSize]` to `[n, oc, ...outSize]`. */
export interface Geometry {
  n: number
  g: number
  ic: number
  oc: number
  inSize: number[]
  outSize: number[]
  kernel: number[]
  stride: number[]
  padding: number[]
  dilation: number[]
}

/** The shapes of conv_shapes.json. */
export function loadShapes(): ShapeEntry[] {
  return JSON.parse(readFileSync(new URL('../conv_shapes.json', import.meta.url), 'utf8')) as ShapeEntry[]
}

/** `conv_transpose2d` as the library names it. */
const camelCase = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Works out a shape. */
export function convShape(entry: ShapeEntry): ConvShape {
  const transposed = entry.op.startsWith('conv_transpose')
  const spatial = entry.input.slice(2)
  const all = (value: number | number[]): number[] => (Array.isArray(value) ? value : spatial.map(() => value))
  const [stride, padding, dilation] = [entry.stride, entry.padding, entry.dilation].map(all)
  const outputPadding = all(entry.output_padding ?? 0)
  const size = spatial.map((length, d) => {
    const reach = dilation[d] * (entry.weight[d + 2] - 1)
    if (transposed) return (length - 1) * stride[d] - 2 * padding[d] + reach + outputPadding[d] + 1
    return Math.floor((length + 2 * padding[d] - reach - 1) / stride[d]) + 1
  })
  const channels = transposed ? entry.weight[1] * entry.groups : entry.weight[0]
  return {
    name: camelCase(entry.op),
    transposed,
    inputShape: entry.input,
    weightShape: entry.weight,
    outputShape: [entry.input[0], channels, ...size],
    options: { stride, padding, dilation, groups: entry.groups, ...(transposed ? { outputPadding } : {}) },
  }
}

/** The convolution behind a shape; a transposed one's runs from its output to its input. */
export function geometryOf({ transposed, inputShape, weightShape, outputShape, options }: ConvShape): Geometry {
  const [from, to] = transposed ? [outputShape, inputShape] : [inputShape, outputShape]
  const { stride, padding, dilation, groups } = options
  return {
    n: from[0],
    g: groups,
    ...{ ic: from[1], oc: to[1], inSize: from.slice(2), outSize: to.slice(2), kernel: weightShape.slice(2) },
    ...{ stride, padding, dilation },
  }
}

/** Pairs (output position, tap) of one dimension whose input position is not padding. */
function inside({ inSize, outSize, kernel, stride, padding, dilation }: Geometry, d: number): number {
  let count = 0
  for (let o = 0; o < outSize[d]; o++) {
    for (let k = 0; k < kernel[d]; k++) {
      const i = o * stride[d] - padding[d] + k * dilation[d]
      if (i >= 0 && i < inSize[d]) count++
    }
  }
  return count
}

/** Multiply-adds that touch real input, 2 operations each; the same for all three passes. */
export function convFlops(geometry: Geometry): number {
  const { n, g, ic, oc, kernel } = geometry
  return kernel.reduce((product, _, d) => product * inside(geometry, d), 2 * n * oc * (ic / g))
}

/** The arguments of the 2-D kernels. */
export function conv2dProblem({ n, g, ic, oc, inSize, outSize, kernel, ...rest }: Geometry): Conv2dProblem {
  const [[ih, iw], [oh, ow], [kh, kw]] = [inSize, outSize, kernel]
  const [[sh, sw], [ph, pw], [dh, dw]] = [rest.stride, rest.padding, rest.dilation]
  return { n, g, ic, ih, iw, oc, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw }
}

/** The problem as a string; letters as in 2-D, with d for depth. */
export function convProblemString({ name, inputShape, weightShape, outputShape, options }: ConvShape): string {
  const geometry = { inSize: inputShape.slice(2), outSize: outputShape.slice(2), kernel: weightShape.slice(2) }
  const { stride, padding, dilation, groups, outputPadding } = options
  const [n, ic, oc] = [inputShape[0], inputShape[1], outputShape[1]]
  if (name === 'conv2d') {
    const shape = { n, g: groups, ic, oc, ...geometry, stride, padding, dilation }
    return printProblem('conv2d', conv2dProblem(shape))
  }
  const letters = ['d', 'h', 'w'].slice(3 - stride.length)
  const parts = (key: string, values: readonly number[], usual: number): string =>
    values.map((value, d) => (value === usual ? '' : key + letters[d] + value)).join('')
  const text = [parts('i', geometry.inSize, 0), `oc${oc}`, parts('k', geometry.kernel, 0), parts('s', stride, 0)]
  text.push(parts('p', padding, -1), parts('d', dilation, 1), parts('op', outputPadding ?? [], 0))
  return `n${n}${groups === 1 ? '' : `g${groups}`}ic${ic}${text.join('')}`
}
