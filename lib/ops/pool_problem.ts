import type { Tensor } from '../tensor/tensor.ts'
import { type AxisSizes, toSizes } from '../util/axes.ts'
import { RangeError, ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'

/** Options of every pooling by windows; lists have one number for each spatial dimension, the outermost first. */
export interface PoolOptions {
  /** Step of the window; the window's own size by default. */
  stride?: AxisSizes | null
  /** Elements added at both ends, at most half the window, 0 by default. */
  padding?: AxisSizes
  /** Whether windows may hang over the far edge, `false` by default. */
  ceilMode?: boolean
}

/** A window with every default filled in and one number for each spatial dimension. */
export interface PoolSettings {
  kernelSize: number[]
  stride: number[]
  padding: number[]
  dilation: number[]
  ceilMode: boolean
}

/** Sizes that all poolings share: images `[n, id, ih, iw, c]` to `[n, od, oh, ow, c]`, absent dimensions being 1. */
export interface PoolSizes {
  n: number
  c: number
  id: number
  ih: number
  iw: number
  od: number
  oh: number
  ow: number
}

/** Sizes, strides and paddings of windows, as kernels take them. */
export interface PoolWindow {
  kd: number
  kh: number
  kw: number
  sd: number
  sh: number
  sw: number
  pd: number
  ph: number
  pw: number
}

/**
 * Checks the window of a pooling over `rank` spatial dimensions.
 *
 * @throws {RangeError} when a number is fractional or out of range, or the padding over half the window.
 */
export function poolSettings(
  op: string,
  rank: number,
  kernelSize: AxisSizes,
  options: PoolOptions & { dilation?: AxisSizes },
): PoolSettings {
  const size = toSizes(op, 'kernelSize', kernelSize, 1, rank)
  const stride = toSizes(op, 'stride', options.stride ?? kernelSize, 1, rank)
  const padding = toSizes(op, 'padding', options.padding ?? 0, 0, rank)
  const dilation = toSizes(op, 'dilation', options.dilation ?? 1, 1, rank)
  for (let i = 0; i < rank; i++) {
    if (2 * padding[i] <= size[i]) continue
    throw new RangeError(
      `${op}: expected padding of at most half the window, got padding ${padding.join('x')}, window ${size.join('x')}`,
    )
  }
  return { kernelSize: size, stride, padding, dilation, ceilMode: options.ceilMode ?? false }
}

/**
 * Checks a batch of images over `rank` spatial dimensions. The batch itself may be empty.
 *
 * @throws {ShapeError} for another number of dimensions, no channels or an empty plane.
 */
export function checkImages(op: string, rank: number, input: Tensor): void {
  if (input.ndim !== rank + 2) {
    throw new ShapeError(
      `${op}: expected input of ${rank + 1} or ${rank + 2} dimensions, got ${input.ndim}; ` +
        `input ${formatShape(input.shape)}`,
    )
  }
  if (input.shape.indexOf(0, 1) === -1) return
  throw new ShapeError(`${op}: expected channels and spatial sizes of at least 1; input ${formatShape(input.shape)}`)
}

/**
 * Output size of windows: `⌊(size + 2·padding − dilation·(kernelSize − 1) − 1) / stride⌋ + 1`, with `ceilMode` rounded up
 * unless the last window would start in the padding behind.
 *
 * @throws {ShapeError} when no window fits.
 */
export function pooledSizes(op: string, input: Tensor, settings: PoolSettings): number[] {
  const { kernelSize, stride, padding, dilation, ceilMode } = settings
  const sizes = new Array<number>(stride.length)
  for (let i = 0; i < sizes.length; i++) {
    const size = input.shape[i + 2]
    const room = size + 2 * padding[i] - (dilation[i] * (kernelSize[i] - 1) + 1)
    let count = Math.floor(room / stride[i]) + 1
    if (ceilMode) {
      count = Math.ceil(room / stride[i]) + 1
      if ((count - 1) * stride[i] >= size + padding[i]) count--
    }
    if (count < 1) throw emptyOutput(op, input, kernelSize, padding)
    sizes[i] = count
  }
  return sizes
}

function emptyOutput(op: string, input: Tensor, kernelSize: number[], padding: number[]): ShapeError {
  const alike = padding.every((ends) => ends === padding[0])
  return new ShapeError(
    `${op}: window ${kernelSize.join('x')} does not fit input ${input.shape.slice(2).join('x')} ` +
      `with padding ${alike ? padding[0] : padding.join('x')}; the output would be empty; ` +
      `input ${formatShape(input.shape)}`,
  )
}

/** The sizes that kernels take: a row is an image of depth and height 1. */
export function sizesOf(input: Tensor, outputSize: readonly number[]): PoolSizes {
  const { shape } = input
  const w = outputSize.length - 1
  return {
    n: shape[0],
    c: shape[1],
    id: w < 2 ? 1 : shape[w],
    ih: w < 1 ? 1 : shape[w + 1],
    iw: shape[w + 2],
    od: w < 2 ? 1 : outputSize[w - 2],
    oh: w < 1 ? 1 : outputSize[w - 1],
    ow: outputSize[w],
  }
}

/** The window that kernels take. */
export function windowOf({ kernelSize: k, stride: s, padding: p }: PoolSettings): PoolWindow {
  const w = k.length - 1
  return {
    kd: w < 2 ? 1 : k[0],
    kh: w < 1 ? 1 : k[w - 1],
    kw: k[w],
    sd: w < 2 ? 1 : s[0],
    sh: w < 1 ? 1 : s[w - 1],
    sw: s[w],
    pd: w < 2 ? 0 : p[0],
    ph: w < 1 ? 0 : p[w - 1],
    pw: p[w],
  }
}
