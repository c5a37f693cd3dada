import type { Conv2dProblem, Conv3dProblem } from '../reference/index.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type AxisSizes, toSizes } from '../util/axes.ts'
import { checkChoice, checkInteger, checkOptions, describe } from '../util/check.ts'
import { RangeError, ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'

/** What a convolution reads beyond the border: zeros, or elements of the input as `pad` says. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular'

/** Options of all convolutions; lists have one number for each spatial dimension, the outermost first. */
export interface ConvOptions {
  /** Step of the window, 1 by default. */
  stride?: AxisSizes
  /** Elements added at both ends, 0 by default; `same` keeps the size (stride 1 only), `valid` is 0. */
  padding?: AxisSizes | 'same' | 'valid'
  /** Distance between the window's elements, 1 by default. */
  dilation?: AxisSizes
  /** Number of groups that input and output channels fall into, 1 by default. */
  groups?: number
  /** What the added elements are, `zeros` by default. */
  paddingMode?: PaddingMode
}

/** {@link ConvOptions} with every default filled in and one number for each spatial dimension. */
export interface ConvSettings {
  stride: number[]
  padding: number[] | 'same' | 'valid'
  dilation: number[]
  groups: number
  paddingMode: PaddingMode
}

/** Names of {@link ConvOptions}. */
export const CONV_OPTIONS = ['stride', 'padding', 'dilation', 'groups', 'paddingMode']
const MODES: PaddingMode[] = ['zeros', 'reflect', 'replicate', 'circular']

/**
 * Checks the options of a convolution over `rank` spatial dimensions.
 *
 * @throws {RangeError} when one is unknown, fractional or out of range, or `same` meets a stride.
 */
export function convSettings(op: string, rank: number, options: ConvOptions, names = CONV_OPTIONS): ConvSettings {
  checkOptions(op, options, names)
  const groups = checkInteger(op, 'groups', options.groups ?? 1, 1)
  const stride = toSizes(op, 'stride', options.stride ?? 1, 1, rank)
  const dilation = toSizes(op, 'dilation', options.dilation ?? 1, 1, rank)
  const paddingMode = checkChoice(op, 'paddingMode', options.paddingMode ?? 'zeros', MODES)
  const padding = options.padding ?? 0
  if (padding === 'same' && stride.some((step) => step !== 1)) {
    throw new RangeError(`${op}: expected stride 1 with padding "same", got ${stride.join('x')}`)
  }
  if (typeof padding === 'string' && padding !== 'same' && padding !== 'valid') {
    throw new RangeError(`${op}: expected padding to be "same", "valid" or numbers, got ${describe(padding)}`)
  }
  const ends = typeof padding === 'string' ? padding : toSizes(op, 'padding', padding, 0, rank)
  return { stride, padding: ends, dilation, groups, paddingMode }
}

/** Problem of a convolution over one or two spatial dimensions, or over three. */
export type ConvProblem = Conv2dProblem | Conv3dProblem

/** Sizes of a convolution, lists with one number for each spatial dimension. */
export interface ConvGeometry {
  n: number
  groups: number
  inChannels: number
  outChannels: number
  inputSize: readonly number[]
  outputSize: readonly number[]
  kernelSize: readonly number[]
  stride: readonly number[]
  /** Zeros in front of the first element; those behind the last one follow from the output size. */
  before: readonly number[]
  dilation: readonly number[]
}

/** The problem that kernels take; one spatial dimension is the width of an image of height 1. */
export function problemOf(geometry: ConvGeometry, relu = false): ConvProblem {
  // Written out, because every call of a convolution comes through here: destructuring lists costs a microsecond, and an
  // object spread together from so many fields far more (see max_pool.ts).
  const { n, groups: g, inChannels: ic, outChannels: oc } = geometry
  const { inputSize: i, outputSize: o, kernelSize: k, stride: s, before: p, dilation: d } = geometry
  const w = i.length - 1
  const h = w - 1
  const iw = i[w]
  const ow = o[w]
  const kw = k[w]
  const sw = s[w]
  const pw = p[w]
  const dw = d[w]
  if (h < 0) return { n, g, ic, ih: 1, iw, oc, oh: 1, ow, kh: 1, kw, sh: 1, sw, ph: 0, pw, dh: 1, dw, relu }
  const ih = i[h]
  const oh = o[h]
  const kh = k[h]
  const sh = s[h]
  const ph = p[h]
  const dh = d[h]
  if (h < 1) return { n, g, ic, ih, iw, oc, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, relu }
  const [id, od, kd, sd, pd, dd] = [i[0], o[0], k[0], s[0], p[0], d[0]]
  return { n, g, ic, id, ih, iw, oc, od, oh, ow, kd, kh, kw, sd, sh, sw, pd, ph, pw, dd, dh, dw, relu }
}

/** Input and weight as errors name them. */
export function shapesOf(input: Tensor, weight: Tensor): string {
  return `input ${formatShape(input.shape)}, weight ${formatShape(weight.shape)}`
}

/**
 * Checks the numbers of dimensions of a batch and its weight.
 *
 * @throws {ShapeError} when they are not `rank` spatial ones and two more, or the weight is empty.
 */
export function checkDims(op: string, rank: number, input: Tensor, weight: Tensor): void {
  const ndim = rank + 2
  if (input.ndim !== ndim) {
    throw new ShapeError(
      `${op}: expected input of ${ndim - 1} or ${ndim} dimensions, got ${input.ndim}; ${shapesOf(input, weight)}`,
    )
  }
  if (weight.ndim !== ndim) {
    throw new ShapeError(`${op}: expected weight of ${ndim} dimensions, got ${weight.ndim}; ${shapesOf(input, weight)}`)
  }
  if (weight.size === 0) throw new ShapeError(`${op}: expected a weight with elements; ${shapesOf(input, weight)}`)
}

/** @throws {ShapeError} when the bias is not one number for each output channel. */
export function checkBias(op: string, bias: Tensor | null, outChannels: number, weight: Tensor): void {
  if (bias === null || (bias.ndim === 1 && bias.shape[0] === outChannels)) return
  throw new ShapeError(
    `${op}: expected bias of shape [${outChannels}]; ` +
      `bias ${formatShape(bias.shape)}, weight ${formatShape(weight.shape)}`,
  )
}

/** @throws {ShapeError} when an image has no elements, though its batch may be empty. */
export function checkSpatial(op: string, input: Tensor, weight: Tensor): void {
  for (let i = 2; i < input.ndim; i++) {
    if (input.shape[i] > 0) continue
    throw new ShapeError(`${op}: expected spatial sizes of at least 1; ${shapesOf(input, weight)}`)
  }
}

/** Size of the input that the window covers along each dimension: `dilation · (kernelSize − 1) + 1`. */
export function reachOf(kernelSize: readonly number[], dilation: readonly number[]): number[] {
  const reach = new Array<number>(kernelSize.length)
  for (let i = 0; i < reach.length; i++) reach[i] = dilation[i] * (kernelSize[i] - 1) + 1
  return reach
}

/** Elements added in front and behind along each dimension. `same` puts an odd one at the end, as PyTorch does. */
export function paddingEnds(padding: ConvSettings['padding'], reach: readonly number[]): [number[], number[]] {
  if (padding === 'valid') return [reach.map(() => 0), reach.map(() => 0)]
  if (padding !== 'same') return [padding, padding]
  const before = reach.map((size) => Math.floor((size - 1) / 2))
  return [before, reach.map((size, i) => size - 1 - before[i])]
}
