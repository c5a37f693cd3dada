import type { Floats } from './types.ts'

/** Element-wise activations, see {@link activationForward}. */
export const activations = [
  'leakyRelu',
  'elu',
  'selu',
  'celu',
  'sigmoid',
  'silu',
  'gelu',
  'geluTanh',
  'tanh',
  'mish',
  'softplus',
  'softsign',
  'hardsigmoid',
  'hardswish',
  'hardtanh',
] as const

/** Name of an element-wise activation. */
export type Activation = (typeof activations)[number]

// Klambauer et al., "Self-Normalizing Neural Networks", 2017.
const SELU_ALPHA = 1.6732632423543772
const SELU_SCALE = 1.0507009873554805

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x))
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/** The normal distribution's `P(X ≤ x)`. */
function normalCdf(x: number): number {
  if (x > 0) return 1 - normalCdf(-x)
  return x > -3 ? 0.5 + x * seriesOverX(x) : upperTail(-x)
}

/** `(P(X ≤ x) − 1/2) / x = density(x) · Σ x²ⁿ / (1 · 3 · 5 … (2n + 1))`. */
function seriesOverX(x: number): number {
  let term = 1
  let sum = 1
  for (let n = 1; n < 80; n++) {
    term *= (x * x) / (2 * n + 1)
    sum += term
  }
  return sum * density(x)
}

/** `P(X ≥ x) = density(x) / (x + 1/(x + 2/(x + 3/(x + …))))` for `x ≥ 3`. */
function upperTail(x: number): number {
  let fraction = x
  for (let n = 100; n > 0; n--) fraction = x + n / fraction
  return density(x) / fraction
}

const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)

/** What the tanh form of gelu passes to the sigmoid, and its derivative. */
const GELU_SCALE = Math.sqrt(8 / Math.PI)
const geluArgument = (x: number): number => GELU_SCALE * (x + 0.044715 * x ** 3)
const geluSlope = (x: number): number => GELU_SCALE * (1 + 3 * 0.044715 * x * x)

const values: Record<Activation, (x: number, a: number, b: number) => number> = {
  leakyRelu: (x, a) => (x > 0 ? x : a * x),
  elu: (x, a) => (x > 0 ? x : a * Math.expm1(x)),
  selu: (x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)),
  celu: (x, a) => (x > 0 ? x : a * Math.expm1(x / a)),
  sigmoid,
  silu: (x) => x * sigmoid(x),
  gelu: (x) => x * normalCdf(x),
  geluTanh: (x) => x * sigmoid(geluArgument(x)),
  tanh: Math.tanh,
  mish: (x) => x * Math.tanh(softplus(x)),
  softplus: (x, a, b) => (a * x > b ? x : softplus(a * x) / a),
  softsign: (x) => x / (1 + Math.abs(x)),
  hardsigmoid: (x) => clamp(x + 3, 0, 6) / 6,
  hardswish: (x) => (x * clamp(x + 3, 0, 6)) / 6,
  hardtanh: (x, a, b) => clamp(x, a, b),
}

/** `x · s'(x)` for a factor s that approaches a constant faster than x grows. */
const fading = (x: number, slope: number): number => (slope === 0 && Number.isFinite(x) ? 0 : x * slope)

// The derivative by what forward kept: the output y, or the input x.
const derivatives: Record<Activation, (kept: number, a: number, b: number) => number> = {
  leakyRelu: (y, a) => (y > 0 ? 1 : a),
  elu: (kept, a) => (kept <= 0 ? (a < 0 ? a * Math.exp(kept) : kept + a) : 1),
  selu: (y) => (y <= 0 ? y + SELU_SCALE * SELU_ALPHA : SELU_SCALE),
  celu: (y, a) => (y <= 0 ? y / a + 1 : 1),
  sigmoid: (y) => y * (1 - y),
  silu: (x) => sigmoid(x) + fading(x, sigmoid(x) * sigmoid(-x)),
  gelu: (x) => normalCdf(x) + fading(x, density(x)),
  geluTanh: (x) => {
    const z = geluArgument(x)
    const slope = sigmoid(z) * sigmoid(-z)
    return sigmoid(z) + fading(x, slope === 0 ? 0 : slope * geluSlope(x))
  },
  tanh: (y) => 1 - y * y,
  mish: (x) => {
    const t = Math.tanh(softplus(x))
    return t + fading(x, (1 - t * t) * sigmoid(x))
  },
  softplus: (x, a, b) => (a * x > b ? 1 : sigmoid(a * x)),
  softsign: (y) => (1 - Math.abs(y)) ** 2,
  hardsigmoid: (y) => (y > 0 && y < 1 ? 1 / 6 : 0),
  hardswish: (x) => (x < -3 ? 0 : x <= 3 ? x / 3 + 0.5 : 1),
  hardtanh: (y, a, b) => (y <= a || y >= b ? 0 : 1),
}

/**
 * `output[i] = op(input[i])`; `output` may be `input`. The numbers `a` and `b` mean
 *
 * * the slope below 0 of `leakyRelu`, `alpha` of `elu` and `celu`;
 * * `beta` and the threshold of `softplus`, beyond which it is the identity;
 * * the lower and the upper bound of `hardtanh`.
 */
export function activationForward(
  op: Activation,
  a: number,
  b: number,
  size: number,
  input: Floats,
  output: Floats,
): void {
  const value = values[op]
  for (let i = 0; i < size; i++) output[i] = value(input[i], a, b)
}

/**
 * `gradInput[i] = gradOutput[i] · derivative`, read off the output for `leakyRelu`, `elu` with `a ≥ 0`, `selu`, `celu`,
 * `sigmoid`, `tanh`, `softsign`, `hardsigmoid` and `hardtanh`, else off the input (`leakyRelu` with `a < 0` too). At a corner
 * the derivative is PyTorch's. `gradInput` may be `gradOutput`.
 */
export function activationBackward(
  op: Activation,
  a: number,
  b: number,
  size: number,
  kept: Floats,
  gradOutput: Floats,
  gradInput: Floats,
): void {
  const derivative = derivatives[op]
  for (let i = 0; i < size; i++) gradInput[i] = gradOutput[i] * derivative(kept[i], a, b)
}
