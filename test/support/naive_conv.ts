import type { PaddingMode } from '../../lib/ops/conv_problem.ts'
import { sumError } from './data.ts'

/** Any convolution, as its definition takes it; lists have one number for each spatial dimension. */
export interface ConvCase {
  transposed: boolean
  n: number
  groups: number
  /** Input and output channels of one group. */
  channels: [number, number]
  input: number[]
  kernel: number[]
  stride: number[]
  dilation: number[]
  /** Elements added in front and behind. */
  padding: [number, number][]
  outputPadding: number[]
  mode: PaddingMode
}

/** Places of one dimension that meet in a product. */
interface Meeting {
  output: number
  input: number
  tap: number
}

/** The element that stands at place `at` of a dimension, or null for a zero. */
function source(at: number, size: number, mode: PaddingMode): number | null {
  if (at >= 0 && at < size) return at
  if (mode === 'zeros') return null
  if (mode === 'replicate') return at < 0 ? 0 : size - 1
  if (mode === 'circular') return at < 0 ? at + size : at - size
  return at < 0 ? -at : 2 * size - 2 - at
}

/** Size of the output along one dimension, by counting the places that the window has. */
export function outputSize(config: ConvCase, axis: number): number {
  const { input, kernel, stride, dilation, padding, outputPadding, transposed } = config
  const [before, after] = padding[axis]
  const last = (kernel[axis] - 1) * dilation[axis]
  if (transposed) return (input[axis] - 1) * stride[axis] + last + 1 - before - after + outputPadding[axis]
  let count = 0
  while (count * stride[axis] + last < input[axis] + before + after) count++
  return count
}

/** All meetings of one dimension. */
function meetings(config: ConvCase, axis: number): Meeting[] {
  const { input, kernel, stride, dilation, padding, mode, transposed } = config
  const found: Meeting[] = []
  const outputs = outputSize(config, axis)
  const walked = transposed ? input[axis] : outputs
  for (let at = 0; at < walked; at++) {
    for (let tap = 0; tap < kernel[axis]; tap++) {
      const other = at * stride[axis] - padding[axis][0] + tap * dilation[axis]
      if (!transposed) {
        const from = source(other, input[axis], mode)
        if (from !== null) found.push({ output: at, input: from, tap })
      } else if (other >= 0 && other < outputs) found.push({ output: other, input: at, tap })
    }
  }
  return found
}

/** A result in float64 with the sum of the absolute terms and their number for each element. */
export class Sums {
  readonly total: Float64Array
  readonly #magnitude: Float64Array
  readonly #terms: Float64Array

  constructor(size: number) {
    this.total = new Float64Array(size)
    this.#magnitude = new Float64Array(size)
    this.#terms = new Float64Array(size)
  }

  add(at: number, value: number): void {
    this.total[at] += value
    this.#magnitude[at] += Math.abs(value)
    this.#terms[at]++
  }

  /**
   * Expects float32 sums in any order to agree. With `spread` their errors may be that many times those of the largest
   * element, for algorithms that share roundings among neighbours.
   */
  check(what: string, got: ArrayLike<number>, spread?: number): void {
    if (got.length !== this.total.length)
      throw new Error(`${what}: expected ${this.total.length} elements, got ${got.length}`)
    const errors = this.#magnitude.map((magnitude, i) => sumError(this.#terms[i]) * magnitude)
    const largest = errors.reduce((most, error) => Math.max(most, error), 0)
    for (let i = 0; i < got.length; i++) {
      const bound = spread === undefined ? errors[i] : spread * largest
      if (Math.abs(got[i] - this.total[i]) <= bound) continue
      throw new Error(`${what}[${i}]: expected ${this.total[i]} within ${bound}, got ${got[i]}`)
    }
  }
}

/** Row-major arrays: input `[n, c, ...]`, weight `[oc, ic / g, ...]` or, transposed, `[ic, oc / g, ...]`, bias, gradient. */
export interface ConvArrays {
  input: Float32Array
  weight: Float32Array
  bias: Float32Array
  gradOutput: Float32Array
}

/** Number of elements of each of {@link ConvArrays}. */
export function sizesOf(config: ConvCase): Record<keyof ConvArrays, number[]> {
  const {
    n,
    groups,
    channels: [ic, oc],
    kernel,
    transposed,
  } = config
  const output = [n, groups * oc, ...config.input.map((_, axis) => outputSize(config, axis))]
  const lead = transposed ? [groups * ic, oc] : [groups * oc, ic]
  return {
    input: [n, groups * ic, ...config.input],
    weight: [...lead, ...kernel],
    bias: [groups * oc],
    gradOutput: output,
  }
}

/** Position of an index in a row-major array of the given sizes. */
const position = (sizes: readonly number[], index: readonly number[]): number =>
  sizes.reduce((at, size, d) => at * size + index[d], 0)

/** Output and gradients of a convolution, product by product from its definition. */
export function naiveConvolution(config: ConvCase, arrays: ConvArrays): Record<'output' | keyof ConvArrays, Sums> {
  const {
    n,
    groups,
    channels: [ic, oc],
    transposed,
  } = config
  const shapes = sizesOf(config)
  const sums = (shape: number[]): Sums => new Sums(shape.reduce((product, size) => product * size, 1))
  const results = {
    output: sums(shapes.gradOutput),
    input: sums(shapes.input),
    weight: sums(shapes.weight),
    bias: sums(shapes.bias),
    gradOutput: sums([0]),
  }
  const { input, weight, bias, gradOutput } = arrays
  const plane = gradOutput.length / (n * groups * oc)
  gradOutput.forEach((grad, at) => {
    const channel = Math.floor(at / plane) % (groups * oc)
    results.output.add(at, bias[channel])
    results.bias.add(channel, grad)
  })
  const visit = (o: number[], i: number[], w: number[]): void => {
    const [at, from, by] = [position(shapes.gradOutput, o), position(shapes.input, i), position(shapes.weight, w)]
    results.output.add(at, input[from] * weight[by])
    results.input.add(from, gradOutput[at] * weight[by])
    results.weight.add(by, gradOutput[at] * input[from])
  }
  const axes = config.input.map((_, axis) => meetings(config, axis))
  const descend = (axis: number, o: number[], i: number[], w: number[]): void => {
    if (axis === axes.length) visit(o, i, w)
    for (const { output, input: from, tap } of axes[axis] ?? []) {
      descend(axis + 1, [...o, output], [...i, from], [...w, tap])
    }
  }
  for (let image = 0; image < n; image++) {
    for (let c = 0; c < groups * oc * ic; c++) {
      const [out, inner] = [Math.floor(c / ic), c % ic]
      const group = Math.floor(out / oc)
      const weightLead = transposed ? [group * ic + inner, out % oc] : [out, inner]
      descend(0, [image, out], [image, group * ic + inner], weightLead)
    }
  }
  return results
}
