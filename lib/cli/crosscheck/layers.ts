import * as F from '../../ops/functional.ts'
import { matmul } from '../../ops/matmul.ts'
import { type Draw, type Input, problem, type Random } from './problem.ts'

type Convolve = (input: never, weight: never, bias: never, options: never) => ReturnType<typeof F.conv2d>

/** A convolution of any rank, with groups, stride, padding and dilation; often one that Winograd's algorithm takes. */
function convolution(rank: number, convolve: unknown): Draw {
  return (random) => {
    const dense = random.choose([true, false])
    const groups = dense ? 1 : random.choose([1, 2, 4])
    const ic = groups * random.between(1, dense ? 24 : 6)
    const oc = groups * random.between(1, dense ? 24 : 6)
    const kernel = dense ? 3 : random.choose([1, 2, 3, 5])
    const options = {
      stride: random.between(1, dense ? 2 : 3),
      padding: random.between(0, 2),
      dilation: dense ? 1 : random.between(1, 2),
      groups,
    }
    const least = options.dilation * (kernel - 1) + 1
    const image = Array.from({ length: rank }, () => least + random.between(0, rank === 3 ? 4 : 14))
    const inputs: Input[] = [
      { shape: [random.between(1, 3), ic, ...image] },
      { shape: [oc, ic / groups, ...new Array<number>(rank).fill(kernel)] },
      { shape: [oc] },
    ]
    return problem(
      inputs,
      ([a, b, c]) => (convolve as Convolve)(a as never, b as never, c as never, options as never),
      options,
    )
  }
}

const transposed: Draw = (random) => {
  const [ic, oc, kernel] = [random.between(1, 12), random.between(1, 12), random.between(1, 4)]
  const options = { stride: random.between(1, 3), padding: random.between(0, kernel - 1) }
  const inputs: Input[] = [
    { shape: [random.between(1, 3), ic, random.between(4, 9), random.between(4, 9)] },
    { shape: [ic, oc, kernel, kernel] },
    { shape: [oc] },
  ]
  return problem(inputs, ([a, b, c]) => F.convTranspose2d(a, b, c, options), options)
}

const maps = (random: Random): Input => ({
  shape: [random.between(1, 4), random.between(1, 24), random.between(5, 15), random.between(5, 15)],
})

const pooling =
  (pool: typeof F.maxPool2d | typeof F.avgPool2d): Draw =>
  (random) => {
    const kernel = random.between(1, 4)
    const options = {
      stride: random.between(1, 3),
      padding: random.between(0, Math.floor(kernel / 2)),
      ceilMode: random.choose([true, false]),
    }
    return problem([maps(random)], ([input]) => (pool as typeof F.avgPool2d)(input, kernel, options), {
      kernel,
      ...options,
    })
  }

const adaptive =
  (pool: unknown): Draw =>
  (random) => {
    const size: [number, number] = [random.between(1, 7), random.between(1, 7)]
    return problem([maps(random)], ([input]) => (pool as typeof F.adaptiveAvgPool2d)(input, size), { size })
  }

/** Problems of layers, by op. */
export const layers: Readonly<Record<string, Draw>> = {
  conv1d: convolution(1, F.conv1d),
  conv2d: convolution(2, F.conv2d),
  conv3d: convolution(3, F.conv3d),
  convTranspose2d: transposed,
  linear: (random) => {
    const [n, i, o] = [random.between(1, 40), random.between(1, 300), random.between(1, 60)]
    return problem([{ shape: [n, i] }, { shape: [o, i] }, { shape: [o] }], ([a, b, c]) => F.linear(a, b, c))
  },
  matmul: (random) => {
    const [b, m, k, n] = [random.between(1, 3), random.between(1, 40), random.between(1, 200), random.between(1, 40)]
    return problem([{ shape: [b, m, k] }, { shape: [b, k, n] }], ([a, c]) => matmul(a, c))
  },
  maxPool2d: pooling(F.maxPool2d as never),
  avgPool2d: pooling(F.avgPool2d as never),
  adaptiveAvgPool2d: adaptive(F.adaptiveAvgPool2d),
  adaptiveMaxPool2d: adaptive(F.adaptiveMaxPool2d),
  globalAvgPool: (random) => problem([maps(random)], ([input]) => F.globalAvgPool(input)),
  pad: (random) => {
    const pads = Array.from({ length: 4 }, () => random.between(0, 3))
    const mode = random.choose(['constant', 'reflect', 'replicate', 'circular'] as const)
    return problem([maps(random)], ([input]) => F.pad(input, pads, { mode }), { pads, mode })
  },
  channelShuffle: (random) => {
    const groups = random.between(1, 4)
    const shape = [random.between(1, 3), groups * random.between(1, 5), random.between(2, 6), random.between(2, 6)]
    return problem([{ shape }], ([input]) => F.channelShuffle(input, groups), { groups })
  },
}
