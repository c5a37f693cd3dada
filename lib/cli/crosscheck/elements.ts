import { add, div, maximum, mul, sub } from '../../ops/arithmetic.ts'
import * as F from '../../ops/functional.ts'
import { manualSeed } from '../../tensor/generator.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { type Draw, type Input, problem, type Random } from './problem.ts'

const anyShape = (random: Random): number[] => Array.from({ length: random.between(1, 4) }, () => random.between(1, 12))

const elementwise =
  (fn: (input: Tensor) => Tensor, range: readonly [number, number] = [-4, 4]): Draw =>
  (random) =>
    problem([{ shape: anyShape(random), range }], ([input]) => fn(input))

/** Two operands that broadcast. */
const pairwise =
  (fn: (a: Tensor, b: Tensor) => Tensor, range?: readonly [number, number]): Draw =>
  (random) => {
    const shape = anyShape(random)
    const other = shape.slice(random.between(0, shape.length - 1)).map((size) => random.choose([size, 1]))
    return problem(
      [
        { shape, range },
        { shape: other, range },
      ],
      ([a, b]) => fn(a, b),
    )
  }

/** Along rows, as softmax and the norms of rows go. */
const rowwise =
  (fn: (input: Tensor, features: number) => Tensor): Draw =>
  (random) => {
    const shape = [random.between(1, 20), random.between(2, 200)]
    return problem([{ shape, range: [-3, 3] }], ([input]) => fn(input, shape[1]))
  }

const loss =
  (fn: (input: Tensor, target: Tensor) => Tensor, range?: readonly [number, number]): Draw =>
  (random) => {
    const shape = anyShape(random)
    return problem(
      [
        { shape, range: [-3, 3] },
        { shape, range, grad: false },
      ],
      ([input, target]) => fn(input, target),
    )
  }

const classification =
  (fn: (input: Tensor, target: Tensor) => Tensor): Draw =>
  (random) => {
    const [rows, classes] = [random.between(1, 60), random.between(2, 40)]
    const inputs: Input[] = [
      { shape: [rows, classes], range: [-4, 4] },
      { shape: [rows], classes },
    ]
    return problem(inputs, ([input, target]) => fn(input, target))
  }

const maps = (random: Random, channels: number): Input => ({
  shape: [random.between(2, 5), channels, random.between(2, 9), random.between(2, 9)],
  range: [-2, 3],
})

const scale = (channels: number): Input[] => [{ shape: [channels], range: [0.5, 2] }, { shape: [channels] }]

const batchNorm =
  (training: boolean): Draw =>
  (random) => {
    const channels = random.between(1, 40)
    const statistics: Input[] = [
      { shape: [channels], grad: false },
      { shape: [channels], range: [0.5, 2], grad: false },
    ]
    return problem(
      [maps(random, channels), ...scale(channels), ...statistics],
      ([input, weight, bias, mean, variance]) => F.batchNorm(input, mean, variance, { weight, bias, training }),
    )
  }

const groupNorm: Draw = (random) => {
  const groups = random.between(1, 4)
  const channels = groups * random.between(1, 8)
  const run = ([input, weight, bias]: Tensor[]): Tensor => F.groupNorm(input, groups, { weight, bias })
  return problem([maps(random, channels), ...scale(channels)], run, { groups })
}

const dropout: Draw = (random) => {
  const [p, seed] = [random.choose([0.1, 0.5, 0.9]), random.between(0, 1000)]
  const run = ([input]: Tensor[]): Tensor => {
    manualSeed(seed)
    return F.dropout(input, { p, training: true })
  }
  return problem([{ shape: anyShape(random) }], run, { p })
}

/** Problems of what goes element by element or row by row, by op. */
export const elements: Readonly<Record<string, Draw>> = {
  batchNorm: batchNorm(true),
  batchNormEval: batchNorm(false),
  groupNorm,
  instanceNorm: (random) => problem([maps(random, random.between(1, 20))], ([input]) => F.instanceNorm(input)),
  layerNorm: rowwise((input, features) => F.layerNorm(input, [features])),
  rmsNorm: rowwise((input, features) => F.rmsNorm(input, [features])),
  localResponseNorm: (random) =>
    problem([maps(random, random.between(1, 16))], ([input]) => F.localResponseNorm(input, 5)),
  softmax: rowwise((input) => F.softmax(input, 1)),
  logSoftmax: rowwise((input) => F.logSoftmax(input, 1)),
  crossEntropy: classification((input, target) => F.crossEntropy(input, target, { labelSmoothing: 0.1 })),
  mseLoss: loss((input, target) => F.mseLoss(input, target)),
  smoothL1Loss: loss((input, target) => F.smoothL1Loss(input, target)),
  bceWithLogits: loss((input, target) => F.bceWithLogits(input, target), [0, 1]),
  relu: elementwise(F.relu),
  gelu: elementwise((input) => F.gelu(input)),
  silu: elementwise(F.silu),
  mish: elementwise(F.mish),
  elu: elementwise((input) => F.elu(input)),
  sigmoid: elementwise(F.sigmoid),
  tanh: elementwise(F.tanh),
  softplus: elementwise((input) => F.softplus(input)),
  hardswish: elementwise(F.hardswish),
  exp: elementwise(F.exp),
  log: elementwise(F.log, [0.1, 9]),
  sqrt: elementwise(F.sqrt, [0.1, 9]),
  add: pairwise(add),
  sub: pairwise(sub),
  mul: pairwise(mul),
  div: pairwise(div, [0.5, 3]),
  maximum: pairwise(maximum),
  sum: (random) => {
    const dim = random.between(0, 1)
    const input = { shape: [random.between(1, 9), random.between(1, 99)] }
    return problem([input], ([one]) => one.sum(dim), { dim })
  },
  mean: elementwise((input) => input.mean()),
  permute: (random) =>
    problem([maps(random, random.between(1, 9))], ([input]) => input.permute([2, 0, 3, 1]).contiguous()),
  dropout,
}
