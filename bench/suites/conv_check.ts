import { SEED, uniform } from '../fill.ts'
import { type ConvPass, type ConvShape, type Geometry, geometryOf } from './conv_shapes.ts'

type Index = readonly number[]

const product = (size: Index): number => size.reduce((a, b) => a * b, 1)

/** Calls `visit` for every index below `size`, with its row-major number. */
function forEachIndex(size: Index, visit: (at: Index, number: number) => void): void {
  const total = product(size)
  const at = size.map(() => 0)
  for (let i = 0; i < total; i++) {
    visit(at, i)
    for (let d = size.length - 1; d >= 0 && ++at[d] === size[d]; d--) at[d] = 0
  }
}

/** Splits a position of a channels-last buffer `[outer, ...size, channels]` into outer, channel and index. */
function split(position: number, size: Index, channels: number): [number, number, number[]] {
  let rest = Math.floor(position / channels)
  const at = [...size]
  for (let d = size.length - 1; d >= 0; d--) {
    at[d] = rest % size[d]
    rest = Math.floor(rest / size[d])
  }
  return [rest, position % channels, at]
}

/** Row-major number of an index, -1 outside of `size` or between its elements. */
function numberOf(at: Index, size: Index): number {
  let number = 0
  for (let d = 0; d < size.length; d++) {
    if (!(at[d] >= 0 && at[d] < size[d] && Number.isInteger(at[d]))) return -1
    number = number * size[d] + at[d]
  }
  return number
}

/** A convolution with the contents of its three buffers, channels-last. */
interface Problem extends Geometry {
  input: Float32Array
  weight: Float32Array
  gradOutput: Float32Array
}

type Pass = (problem: Problem, position: number) => number

/** Number of the input position under a tap, -1 for padding. */
function inputUnder({ inSize, stride, padding, dilation }: Geometry, out: Index, tap: Index): number {
  const at = out.map((o, d) => o * stride[d] - padding[d] + tap[d] * dilation[d])
  return numberOf(at, inSize)
}

const forward: Pass = (problem, position) => {
  const { g, ic: IC, oc: OC, inSize, outSize, kernel, input, weight } = problem
  const ICG = IC / g
  const [n, oc, out] = split(position, outSize, OC)
  const first = Math.floor(oc / (OC / g)) * ICG
  let total = 0
  forEachIndex(kernel, (tap, k) => {
    const i = inputUnder(problem, out, tap)
    if (i < 0) return
    const inputAt = (n * product(inSize) + i) * IC + first
    const weightAt = (oc * product(kernel) + k) * ICG
    for (let ic = 0; ic < ICG; ic++) total += input[inputAt + ic] * weight[weightAt + ic]
  })
  return total
}

const backwardInput: Pass = (problem, position) => {
  const { g, ic: IC, oc: OC, inSize, outSize, kernel, stride, padding, dilation, weight, gradOutput } = problem
  const [ICG, OCG] = [IC / g, OC / g]
  const [n, ic, at] = split(position, inSize, IC)
  const group = Math.floor(ic / ICG)
  let total = 0
  forEachIndex(kernel, (tap, k) => {
    const out = at.map((i, d) => (i + padding[d] - tap[d] * dilation[d]) / stride[d])
    const o = numberOf(out, outSize)
    if (o < 0) return
    const gradAt = (n * product(outSize) + o) * OC
    for (let oc = group * OCG; oc < (group + 1) * OCG; oc++) {
      total += gradOutput[gradAt + oc] * weight[(oc * product(kernel) + k) * ICG + (ic % ICG)]
    }
  })
  return total
}

const backwardWeight: Pass = (problem, position) => {
  const { n: N, g, ic: IC, oc: OC, inSize, outSize, kernel, input, gradOutput } = problem
  const ICG = IC / g
  const [oc, channel, tap] = split(position, kernel, ICG)
  const ic = Math.floor(oc / (OC / g)) * ICG + channel
  const [inputs, outputs] = [product(inSize), product(outSize)]
  let total = 0
  forEachIndex(outSize, (out, o) => {
    const i = inputUnder(problem, out, tap)
    for (let n = 0; i >= 0 && n < N; n++) {
      total += gradOutput[(n * outputs + o) * OC + oc] * input[(n * inputs + i) * IC + ic]
    }
  })
  return total
}

const passes: Record<ConvPass, Pass> = { forward, backwardInput, backwardWeight }

// A transposed convolution's input is the other one's gradOutput, and its gradOutput the other one's input.
const transposedRole: Record<ConvPass, ConvPass> = {
  forward: 'backwardInput',
  backwardInput: 'forward',
  backwardWeight: 'backwardWeight',
}

/**
 * What a pass gives at some positions of its channels-last result, straight from the formula in float64, for the
 * buffers that fill.ts makes.
 */
export function expectedValues(shape: ConvShape, pass: ConvPass, positions: readonly number[]): number[] {
  const geometry = geometryOf(shape)
  const { n, g, ic, oc, inSize, outSize, kernel } = geometry
  const [inputSeed, gradSeed] = shape.transposed ? [SEED.gradOutput, SEED.input] : [SEED.input, SEED.gradOutput]
  const problem = {
    ...geometry,
    input: uniform(n * product(inSize) * ic, inputSeed),
    weight: uniform(oc * product(kernel) * (ic / g), SEED.weight),
    gradOutput: uniform(n * product(outSize) * oc, gradSeed),
  }
  const role = shape.transposed ? transposedRole[pass] : pass
  return positions.map((position) => passes[role](problem, position))
}

/** Number of elements of a pass' result. */
export function resultSize({ inputShape, weightShape, outputShape }: ConvShape, pass: ConvPass): number {
  return product({ forward: outputShape, backwardInput: inputShape, backwardWeight: weightShape }[pass])
}
