import fc from 'fast-check'
import { describe, it } from 'vitest'
import { functional as F, type Tensor, tensor } from '../../lib/index.ts'
import type { PaddingMode } from '../../lib/ops/conv_problem.ts'
import { uniform } from '../support/data.ts'
import { type ConvCase, naiveConvolution, outputSize, sizesOf } from '../support/naive_conv.ts'

const plain = [F.conv1d, F.conv2d, F.conv3d]
const transposed = [F.convTranspose1d, F.convTranspose2d, F.convTranspose3d]

/** Output and all gradients of the public function, row-major. */
function compute(config: ConvCase, same: boolean) {
  const rank = config.input.length
  const { stride, dilation, groups, outputPadding, mode: paddingMode } = config
  const shapes = sizesOf(config)
  const arrays = Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [
      name,
      uniform(
        shape.reduce((a, b) => a * b, 1),
        i + 1,
      ),
    ]),
  ) as Record<keyof typeof shapes, Float32Array>
  const leaf = (name: keyof typeof shapes): Tensor =>
    tensor(arrays[name], { shape: shapes[name], requiresGrad: name !== 'gradOutput' })
  const [input, weight, bias] = [leaf('input'), leaf('weight'), leaf('bias')]
  const padding = config.padding.map(([before]) => before)
  const output = config.transposed
    ? transposed[rank - 1](input, weight, bias, { stride, dilation, groups, padding, outputPadding })
    : plain[rank - 1](input, weight, bias, { stride, dilation, groups, padding: same ? 'same' : padding, paddingMode })
  output.backward(leaf('gradOutput'))
  const results = { output, input: input.grad!, weight: weight.grad!, bias: bias.grad! }
  return { arrays, results }
}

function check(text: string): void {
  const { same, ...config } = JSON.parse(text) as ConvCase & { same: boolean }
  const { arrays, results } = compute(config, same)
  const wanted = naiveConvolution(config, arrays)
  for (const [name, result] of Object.entries(results)) {
    const what = name === 'output' ? name : `gradient of ${name}`
    // As in the tests of the native kernels: see there for the number.
    const spread = mayBeWinograd(config) && name !== 'bias' ? 4 : undefined
    wanted[name as keyof typeof results].check(what, result.toTypedArray() as Float32Array, spread)
  }
}

/** Whether the default algorithm may be Winograd's, whose errors are those of the largest neighbour. */
function mayBeWinograd({ groups, channels, stride, kernel }: ConvCase): boolean {
  const dense = groups === 1 && channels.every((count) => count >= 16)
  const halves = stride.every((step) => step === 2) && kernel.every((size) => size === 3)
  return dense && (halves || stride.every((step) => step === 1))
}

interface Axis {
  size: number
  kernel: number
  stride: number
  dilation: number
  pad: number
  outputPad: number
}

const axis: fc.Arbitrary<Axis> = fc.record({
  size: fc.integer({ min: 1, max: 9 }),
  kernel: fc.integer({ min: 1, max: 5 }),
  stride: fc.constantFrom(1, 1, 2, 3),
  dilation: fc.constantFrom(1, 1, 2, 3),
  pad: fc.integer({ min: 0, max: 4 }),
  outputPad: fc.integer({ min: 0, max: 2 }),
})

/** The padding that a dimension has: as drawn, or what `same` needs, cut to what the mode allows. */
function ends({ size, kernel, dilation, pad }: Axis, mode: PaddingMode, same: boolean): [number, number] {
  const most = mode === 'reflect' ? size - 1 : mode === 'circular' ? size : pad
  const whole = dilation * (kernel - 1)
  return same ? [Math.floor(whole / 2), Math.ceil(whole / 2)] : [Math.min(pad, most), Math.min(pad, most)]
}

/** Whether `pad` would take the padding, which only `same` does not ask. */
function allowed({ input, padding, mode }: ConvCase): boolean {
  return padding.every(([, after], i) => {
    if (mode === 'reflect') return after < input[i] || after === 0
    return mode !== 'circular' || after <= input[i]
  })
}

/** Products of the convolution, an upper bound. */
const work = (config: ConvCase): number =>
  [...config.kernel, ...config.input.map((size, i) => Math.max(size, outputSize(config, i)))].reduce(
    (product, size) => product * size,
    config.n * config.groups * config.channels[0] * config.channels[1],
  )

function cases(rank: number, isTransposed: boolean): fc.Arbitrary<string> {
  const modes: PaddingMode[] = isTransposed ? ['zeros'] : ['zeros', 'zeros', 'reflect', 'replicate', 'circular']
  return fc
    .record({
      n: fc.integer({ min: 1, max: 3 }),
      groups: fc.constantFrom(1, 1, 1, 2, 3, 9),
      channels: fc.tuple(fc.constantFrom(1, 2, 3, 5, 17), fc.constantFrom(1, 2, 3, 5, 17)),
      mode: fc.constantFrom(...modes),
      same: fc.boolean(),
      axes: fc.array(axis, { minLength: rank, maxLength: rank }),
    })
    .map(({ axes, same, ...rest }): ConvCase & { same: boolean } => {
      const isSame = same && !isTransposed && axes.every(({ stride }) => stride === 1)
      return {
        ...rest,
        same: isSame,
        transposed: isTransposed,
        input: axes.map(({ size }) => size),
        kernel: axes.map(({ kernel }) => kernel),
        stride: axes.map(({ stride }) => stride),
        dilation: axes.map(({ dilation }) => dilation),
        padding: axes.map((one) => ends(one, rest.mode, isSame)),
        outputPadding: axes.map(({ outputPad, stride, dilation }) =>
          isTransposed ? Math.min(outputPad, Math.max(stride, dilation) - 1) : 0,
        ),
      }
    })
    .filter((config) => config.input.every((_, i) => outputSize(config, i) > 0))
    .filter((config) => allowed(config) && work(config) < 20_000)
    .map((config) => JSON.stringify(config))
}

// With the random problems of test/native these are more than 2,000 convolutions, each in all passes.
const RUNS = 260

describe('output and gradients are those of the definition', () => {
  for (const isTransposed of [false, true]) {
    for (const rank of [1, 2, 3]) {
      it(`${isTransposed ? 'convTranspose' : 'conv'}${rank}d: ${RUNS} random cases`, () => {
        fc.assert(fc.property(cases(rank, isTransposed), check), { numRuns: RUNS, seed: 20_240_611 })
      })
    }
  }
})
