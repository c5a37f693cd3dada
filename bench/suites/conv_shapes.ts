import { readFileSync } from 'node:fs'
import { type Problems, printProblem } from '../../lib/kernels/problem_string.ts'
import { inside } from '../../test/cases/conv2d.ts'

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

/** Multiply-adds that touch real input, 2 operations each; the same for all three passes. */
export function convFlops({ n, g, ic, oc, inSize, outSize, kernel, stride, padding, dilation }: Geometry): number {
  const pairs = kernel.map((taps, d) => inside(outSize[d], taps, stride[d], padding[d], dilation[d], inSize[d]))
  return pairs.reduce((product, count) => product * count, 2 * n * oc * (ic / g))
}

/** Letters of the spatial dimensions. */
const lettersOf = (stride: readonly number[]): string[] => ['d', 'h', 'w'].slice(3 - stride.length)

/** The problem of the 2-D or 3-D kernels. */
export function convProblem<Op extends 'conv2d' | 'conv3d'>(geometry: Geometry): Problems[Op] {
  const { n, g, ic, oc, inSize, outSize, kernel, stride, padding, dilation } = geometry
  const problem: Record<string, number | boolean> = { n, g, ic, oc, relu: false }
  for (const [d, letter] of lettersOf(stride).entries()) {
    const values = { i: inSize, o: outSize, k: kernel, s: stride, p: padding, d: dilation }
    for (const [key, sizes] of Object.entries(values)) problem[key + letter] = sizes[d]
  }
  return problem as unknown as Problems[Op]
}

/** The problem as a string; for ops that have none of their own by the same letters. */
export function convProblemString(shape: ConvShape): string {
  const { name, inputShape, weightShape, outputShape, options } = shape
  if (name === 'conv2d' || name === 'conv3d') return printProblem(name, convProblem(geometryOf(shape)))
  const { stride, padding, dilation, groups, outputPadding } = options
  const letters = lettersOf(stride)
  const parts = (key: string, values: readonly number[], usual?: number): string =>
    values.map((value, d) => (value === usual ? '' : key + letters[d] + value)).join('')
  const sizes = `${parts('i', inputShape.slice(2))}oc${outputShape[1]}${parts('k', weightShape.slice(2))}`
  const steps = parts('s', stride) + parts('p', padding) + parts('d', dilation, 1) + parts('op', outputPadding ?? [], 0)
  return `n${inputShape[0]}${groups === 1 ? '' : `g${groups}`}ic${inputShape[1]}${sizes}${steps}`
}
