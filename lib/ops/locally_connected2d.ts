import { composed } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type AxisSizes, toSizes } from '../util/axes.ts'
import { checkOptions } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { add } from './arithmetic.ts'
import { stack } from './cat.ts'
import { reachOf, shapesOf } from './conv_problem.ts'
import { expectFloat } from './dense.ts'
import { matmul } from './matmul.ts'
import { pad } from './pad.ts'
import { permute } from './permute.ts'
import { slice } from './slice.ts'
import { unbatched } from './unbatched.ts'
import { reshape } from './views.ts'

/** Options of locally connected layers; lists are `[height, width]`. */
export interface LocallyConnected2dOptions {
  /** Step of the window, 1 by default. */
  stride?: AxisSizes
  /** Zeros around the input, 0 by default. */
  padding?: AxisSizes
  /** Distance between the window's elements, 1 by default. */
  dilation?: AxisSizes
}

/** {@link LocallyConnected2dOptions} with every default filled in. */
export interface LocallyConnected2dSettings {
  stride: number[]
  padding: number[]
  dilation: number[]
}

/** Names of {@link LocallyConnected2dOptions}. */
export const LOCAL_OPTIONS = ['stride', 'padding', 'dilation']

/**
 * Checks the options of a locally connected layer.
 *
 * @throws {RangeError} when one is unknown, fractional or out of range.
 */
export function localSettings(
  op: string,
  options: LocallyConnected2dOptions,
  names = LOCAL_OPTIONS,
): LocallyConnected2dSettings {
  checkOptions(op, options, names)
  return {
    stride: toSizes(op, 'stride', options.stride ?? 1, 1, 2),
    padding: toSizes(op, 'padding', options.padding ?? 0, 0, 2),
    dilation: toSizes(op, 'dilation', options.dilation ?? 1, 1, 2),
  }
}

/** Sizes of the output: `⌊(size + 2·padding − dilation·(kernelSize − 1) − 1) / stride⌋ + 1`. */
export function localSizes(
  inputSize: readonly number[],
  kernelSize: readonly number[],
  { stride, padding, dilation }: LocallyConnected2dSettings,
): number[] {
  const reach = reachOf(kernelSize, dilation)
  return inputSize.map((size, i) => Math.floor((size + 2 * padding[i] - reach[i]) / stride[i]) + 1)
}

/**
 * 2-D convolution whose weights are not shared: every place of the output has a window of its own.
 *
 * `output[n, oc, oh, ow] = bias[oc, oh, ow] + Σ_{ic, kh, kw} weight[oh, ow, oc, ic, kh, kw] ·
 *   input[n, ic, oh·SH − PH + kh·DH, ow·SW − PW + kw·DW]`
 *
 * ```ts
 * F.locallyConnected2d(randn([8, 3, 6, 6]), randn([4, 4, 5, 3, 3, 3])).shape // [8, 5, 4, 4]
 * ```
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`
 * @param weight `[OH, OW, O, C, KH, KW]`, as in Torch's SpatialConvolutionLocal
 * @param bias `[O, OH, OW]`
 * @returns `[N, O, OH, OW]` with `OH = ⌊(H + 2·PH − DH·(KH − 1) − 1) / SH⌋ + 1`
 * @throws {ShapeError} when channels, output sizes or bias do not fit.
 * @throws {RangeError} when an option is fractional or out of range.
 */
export function locallyConnected2d(
  input: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options: LocallyConnected2dOptions = {},
): Tensor {
  const op = 'locallyConnected2d'
  expectFloat(op, 'input', input)
  expectFloat(op, 'weight', weight)
  if (bias) expectFloat(op, 'bias', bias)
  if (input.ndim === 3) return unbatched(input, (batch) => locallyConnected2d(batch, weight, bias, options))
  const settings = localSettings(op, options)
  checkShapes(op, input, weight, bias ?? null, settings)
  return composed(() => {
    const [oh, ow, oc, ic, kh, kw] = weight.shape
    const columns = windows(input, [oh, ow], [kh, kw], settings)
    const rows = reshape(weight, [oh * ow, oc, ic * kh * kw])
    const products = matmul(columns, permute(rows, [0, 2, 1]))
    const output = permute(reshape(products, [oh, ow, input.shape[0], oc]), [2, 3, 0, 1])
    return bias ? add(output, bias) : output
  })
}

/** What every window covers, `[OH · OW, N, C · KH · KW]`: one strided view of the input for each element of the window. */
function windows(
  input: Tensor,
  outputSize: readonly number[],
  kernelSize: readonly number[],
  { stride, padding, dilation }: LocallyConnected2dSettings,
): Tensor {
  const [top, left] = padding
  const padded = top === 0 && left === 0 ? input : pad(input, [left, left, top, top])
  const cut = (whole: Tensor, axis: 0 | 1, k: number): Tensor => {
    const start = k * dilation[axis]
    return slice(whole, 2 + axis, start, start + (outputSize[axis] - 1) * stride[axis] + 1, stride[axis])
  }
  const taps: Tensor[] = []
  for (let kh = 0; kh < kernelSize[0]; kh++) {
    const band = cut(padded, 0, kh)
    for (let kw = 0; kw < kernelSize[1]; kw++) taps.push(cut(band, 1, kw))
  }
  const [n, channels] = input.shape
  // [KH · KW, N, C, OH, OW] with the window's place in front.
  const places = permute(stack(taps), [3, 4, 1, 2, 0])
  return reshape(places, [outputSize[0] * outputSize[1], n, channels * taps.length])
}

function checkShapes(
  op: string,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  settings: LocallyConnected2dSettings,
): void {
  const shapes = shapesOf(input, weight)
  if (input.ndim !== 4) {
    throw new ShapeError(`${op}: expected input of 3 or 4 dimensions, got ${input.ndim}; ${shapes}`)
  }
  if (weight.ndim !== 6 || weight.size === 0) {
    throw new ShapeError(`${op}: expected weight of 6 dimensions with elements, got ${weight.ndim}; ${shapes}`)
  }
  const [oh, ow, oc, ic, ...kernelSize] = weight.shape
  if (input.shape[1] !== ic) {
    throw new ShapeError(
      `${op}: expected input channels to equal weight.shape[3] (${ic}), got ${input.shape[1]}; ${shapes}`,
    )
  }
  const [height, width] = localSizes(input.shape.slice(2), kernelSize, settings)
  if (height !== oh || width !== ow) {
    throw new ShapeError(`${op}: expected weights for ${height}x${width} windows, got ${oh}x${ow}; ${shapes}`)
  }
  if (bias !== null && formatShape(bias.shape) !== formatShape([oc, oh, ow])) {
    throw new ShapeError(
      `${op}: expected bias of shape ${formatShape([oc, oh, ow])}; ` +
        `bias ${formatShape(bias.shape)}, weight ${formatShape(weight.shape)}`,
    )
  }
}
