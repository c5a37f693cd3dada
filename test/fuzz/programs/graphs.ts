import fc from 'fast-check'
import type { Program, Step } from '../program.ts'
import { channels, int, leaf, oneOf, options } from './draw.ts'

const SMOOTH = ['sigmoid', 'tanh', 'silu', 'mish', 'gelu', 'softplus', 'softsign', 'square', '.neg', 'relu', 'elu']
const TWO = ['add', 'sub', 'mul', 'maximum', 'minimum']

/** A call on values that all have the shape of the leaves. */
const sameShape: fc.Arbitrary<(pick: (i: number) => string) => Step> = fc.oneof(
  fc.tuple(oneOf(...SMOOTH), fc.nat(9)).map(
    ([op, a]) =>
      (pick: (i: number) => string): Step => [op, pick(a)],
  ),
  fc.tuple(oneOf(...TWO), fc.nat(9), fc.nat(9)).map(
    ([op, a, b]) =>
      (pick: (i: number) => string): Step => [op, pick(a), pick(b)],
  ),
  fc.nat(9).map(
    (a) =>
      (pick: (i: number) => string): Step => ['softmax', pick(a), -1],
  ),
  fc.nat(9).map(
    (a) =>
      (pick: (i: number) => string): Step => ['.mul', pick(a), 0.7],
  ),
  fc.nat(9).map(
    (a) =>
      (pick: (i: number) => string): Step => ['.clone', pick(a)],
  ),
)

/** Calls that use earlier results again and again, so that gradients meet. */
const elementwise: fc.Arbitrary<Program> = fc
  .record({
    shape: fc.array(int(1, 5), { minLength: 1, maxLength: 4 }),
    seeds: fc.array(fc.nat(999), { minLength: 1, maxLength: 3 }),
    calls: fc.array(sameShape, { minLength: 2, maxLength: 8 }),
  })
  .map(({ shape, seeds, calls }) => ({
    leaves: seeds.map((seed) => ({ shape, seed, grad: true })),
    steps: calls.map((call, i) => call((k) => `$${k % (seeds.length + i)}`)),
    backward: true,
  }))

/** What a stack of layers may hold; `c` channels go through all of them. */
const stackCall: fc.Arbitrary<(on: string, c: number) => Step> = fc.oneof(
  int(1, 3).map(
    (k) =>
      (on: string, c: number): Step => ['nn.Conv2d', on, c, c, 2 * k - 1, { padding: k - 1 }],
  ),
  fc.constant((on: string, c: number): Step => ['nn.Conv2d', on, c, c, 3, { padding: 1, groups: c, bias: false }]),
  fc.constant((on: string, c: number): Step => ['nn.BatchNorm2d', on, c]),
  fc.constant((on: string, c: number): Step => ['nn.GroupNorm', on, 1, c]),
  fc.constant((on: string, c: number): Step => ['nn.ResidualBlock', on, c, c]),
  fc.constant((on: string, c: number): Step => ['nn.ConvTranspose2d', on, c, c, 2, { stride: 2 }]),
  fc.constant((on: string, c: number): Step => ['nn.DepthwiseSeparableConv2d', on, c, c, 3, { padding: 1 }]),
  fc.constant((on: string): Step => ['relu', on]),
  fc.constant((on: string): Step => ['silu', on]),
  oneOf(2, 3).map(
    (k) =>
      (on: string): Step => ['maxPool2d', on, k, options({ stride: 1, padding: 1 })],
  ),
  fc.constant((on: string): Step => ['avgPool2d', on, 2]),
  fc.constant((on: string): Step => ['nn.Dropout', on]),
)

/** Small networks with a loss behind them; layers draw their own weights from the seed. */
const stack: fc.Arbitrary<Program> = fc
  .record({
    ...{ n: int(1, 3), c: channels.filter((count) => count < 18), size: int(2, 7), seed: fc.nat(999) },
    ...{ calls: fc.array(stackCall, { minLength: 1, maxLength: 4 }), end: oneOf('globalAvgPool', '.flatten', '.mean') },
  })
  .map(({ n, c, size, seed, calls, end }) => ({
    leaves: [leaf([n, c, size, size], { seed, layout: undefined, grad: true, fill: 'signed' })],
    steps: [...calls.map((call, i) => call(`$${i}`, c)), [end, `$${calls.length}`]] as Step[],
    backward: true,
  }))

/** Many calls in one graph. */
export const graphs = { elementwise, stack }
