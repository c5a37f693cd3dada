import { needsGrad, record, save } from '../autograd/node.ts'
import { backend } from '../kernels/select.ts'
import type { Activation } from '../reference/index.ts'
import { composed } from '../tensor/scope.ts'
import { copyElements, emptyTensor, Tensor } from '../tensor/tensor.ts'
import { checkChoice, checkFinite } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { disposeCopy, expectFloat, inAnyOrder, withStrides } from './dense.ts'
import { inplace } from './inplace.ts'

/** An element-wise activation with its numbers, and what its derivative is read off. */
interface Form {
  kind: Activation
  a?: number
  b?: number
  keeps: 'input' | 'output'
}

function activate(op: string, input: Tensor, form: Form): Tensor {
  expectFloat(op, 'input', input)
  const source = inAnyOrder(op, input)
  const output = valuesOf(op, source, form)
  if (needsGrad(input)) {
    const kept = save(op, form.keeps === 'output' ? output : source)
    record(op, output, [input], [kept], (gradOutput, owned) => [gradOf(op, kept.get(), gradOutput, form, owned)])
  }
  disposeCopy(source, input)
  return output
}

function valuesOf(op: string, source: Tensor, { kind, a = 0, b = 0 }: Form): Tensor {
  const buffer = source.buffer(op)
  const output = emptyTensor(source.shape, 'float32', source.strides)
  if (source.size > 0) backend().kernels.activationForward(kind, a, b, source.size, buffer, output.buffer(op))
  return output
}

/** In place of a gradient that nobody else reads. */
function gradOf(op: string, kept: Tensor, gradOutput: Tensor, { kind, a = 0, b = 0 }: Form, owned: boolean): Tensor {
  const grad = withStrides(op, gradOutput, kept.strides)
  const gradInput = owned || grad !== gradOutput ? grad : emptyTensor(kept.shape, 'float32', kept.strides)
  const buffers = [kept.buffer(op), grad.buffer(op), gradInput.buffer(op)] as const
  if (kept.size > 0) backend().kernels.activationBackward(kind, a, b, kept.size, ...buffers)
  return gradInput
}

/**
 * Leaky rectifier: `input > 0 ? input : negativeSlope · input`.
 *
 * ```ts
 * F.leakyRelu(tensor([-2, 3]), { negativeSlope: 0.5 }).toArray() // [-1, 3]
 * ```
 *
 * @param input float32, any shape
 * @param options `negativeSlope`, 0.01 by default
 * @returns the input's shape and order in memory
 * @throws {RangeError} for a slope that is no finite number.
 *
 * Source: Maas et al., "Rectifier Nonlinearities Improve Neural Network Acoustic Models", 2013.
 */
export function leakyRelu(input: Tensor, { negativeSlope = 0.01 }: { negativeSlope?: number } = {}): Tensor {
  const a = checkFinite('leakyRelu', 'negativeSlope', negativeSlope)
  // With a negative slope the output is positive on both sides.
  return activate('leakyRelu', input, { kind: 'leakyRelu', a, keeps: a < 0 ? 'input' : 'output' })
}

/**
 * Exponential linear unit: `input > 0 ? input : alpha · (e^input − 1)`, `alpha` 1 by default.
 *
 * Source: Clevert et al., "Fast and Accurate Deep Network Learning by Exponential Linear Units", 2016.
 */
export function elu(input: Tensor, { alpha = 1 }: { alpha?: number } = {}): Tensor {
  const a = checkFinite('elu', 'alpha', alpha)
  return activate('elu', input, { kind: 'elu', a, keeps: a < 0 ? 'input' : 'output' })
}

/**
 * Scaled exponential linear unit: `1.0507 · (input > 0 ? input : 1.6733 · (e^input − 1))`, whose numbers keep mean 0 and
 * variance 1.
 *
 * Source: Klambauer et al., "Self-Normalizing Neural Networks", 2017.
 */
export const selu = (input: Tensor): Tensor => activate('selu', input, { kind: 'selu', keeps: 'output' })

/**
 * Continuously differentiable exponential linear unit: `input > 0 ? input : alpha · (e^(input / alpha) − 1)`, `alpha` 1 by
 * default.
 *
 * @throws {RangeError} when `alpha` is 0.
 *
 * Source: Barron, "Continuously Differentiable Exponential Linear Units", 2017.
 */
export function celu(input: Tensor, { alpha = 1 }: { alpha?: number } = {}): Tensor {
  const a = checkFinite('celu', 'alpha', alpha)
  if (a === 0) throw new RangeError('celu: expected alpha to be other than 0')
  return activate('celu', input, { kind: 'celu', a, keeps: 'output' })
}

/** Logistic sigmoid: `1 / (1 + e^−input)`. */
export const sigmoid = (input: Tensor): Tensor => activate('sigmoid', input, { kind: 'sigmoid', keeps: 'output' })

/** Hyperbolic tangent. */
export const tanh = (input: Tensor): Tensor => activate('tanh', input, { kind: 'tanh', keeps: 'output' })

/**
 * Sigmoid linear unit, also called swish: `input / (1 + e^−input)`.
 *
 * Source: Elfwing et al., "Sigmoid-Weighted Linear Units for Neural Network Function Approximation", 2018.
 */
export const silu = (input: Tensor): Tensor => activate('silu', input, { kind: 'silu', keeps: 'input' })

/**
 * Gaussian error linear unit: `input · Φ(input)` with Φ the normal distribution, or with `approximate: 'tanh'`
 * `input / 2 · (1 + tanh(√(2/π) · (input + 0.044715 · input³)))`.
 *
 * @param options `approximate`, `none` (the default) or `tanh`
 * @throws {RangeError} for another approximation.
 *
 * Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
 */
export function gelu(input: Tensor, { approximate = 'none' }: { approximate?: 'none' | 'tanh' } = {}): Tensor {
  checkChoice('gelu', 'approximate', approximate, ['none', 'tanh'])
  return activate('gelu', input, { kind: approximate === 'none' ? 'gelu' : 'geluTanh', keeps: 'input' })
}

/**
 * `input · tanh(log(1 + e^input))`
 *
 * Source: Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2020.
 */
export const mish = (input: Tensor): Tensor => activate('mish', input, { kind: 'mish', keeps: 'input' })

/**
 * Smooth rectifier: `log(1 + e^(beta · input)) / beta`, and the input itself where `beta · input > threshold`.
 *
 * @param options `beta`, 1 by default, and `threshold`, 20 by default
 */
export function softplus(
  input: Tensor,
  { beta = 1, threshold = 20 }: { beta?: number; threshold?: number } = {},
): Tensor {
  const a = checkFinite('softplus', 'beta', beta)
  const b = checkFinite('softplus', 'threshold', threshold)
  return activate('softplus', input, { kind: 'softplus', a, b, keeps: 'input' })
}

/** `input / (1 + |input|)` */
export const softsign = (input: Tensor): Tensor => activate('softsign', input, { kind: 'softsign', keeps: 'output' })

/** Piecewise linear sigmoid: `min(max(input + 3, 0), 6) / 6`. */
export const hardsigmoid = (input: Tensor): Tensor =>
  activate('hardsigmoid', input, { kind: 'hardsigmoid', keeps: 'output' })

/**
 * `input · min(max(input + 3, 0), 6) / 6`
 *
 * Source: Howard et al., "Searching for MobileNetV3", 2019.
 */
export const hardswish = (input: Tensor): Tensor => activate('hardswish', input, { kind: 'hardswish', keeps: 'input' })

/**
 * The nearest number in `[minVal, maxVal]`, by default `[−1, 1]`. The gradient is 0 at both ends and beyond them.
 *
 * @throws {RangeError} when `maxVal` is not above `minVal`.
 */
export function hardtanh(
  input: Tensor,
  { minVal = -1, maxVal = 1 }: { minVal?: number; maxVal?: number } = {},
): Tensor {
  return clipped('hardtanh', input, minVal, maxVal)
}

/** `min(max(input, 0), 6)` */
export const relu6 = (input: Tensor): Tensor => clipped('relu6', input, 0, 6)

function clipped(op: string, input: Tensor, minVal: number, maxVal: number): Tensor {
  checkInterval(op, minVal, maxVal)
  return activate(op, input, { kind: 'hardtanh', a: minVal, b: maxVal, keeps: 'output' })
}

/**
 * Checks the ends of {@link hardtanh}.
 *
 * @throws {RangeError} when they are not finite or in the wrong order.
 */
export function checkInterval(op: string, minVal: number, maxVal: number): void {
  checkFinite(op, 'minVal', minVal)
  checkFinite(op, 'maxVal', maxVal)
  if (maxVal <= minVal) throw new RangeError(`${op}: expected maxVal above minVal, got ${maxVal} and ${minVal}`)
}

function activateInplace(kind: 'sigmoid' | 'tanh', target: Tensor): Tensor {
  const name = `${kind}_`
  expectFloat(name, 'the tensor', target)
  const form: Form = { kind, keeps: 'output' }
  return inplace(name, target, [], {
    direct: () => {
      const buffer = target.buffer(name)
      if (target.isDense() && target.size > 0) {
        backend().kernels.activationForward(kind, 0, 0, target.size, buffer, buffer)
      } else {
        composed(() => {
          copyElements(name, valuesOf(name, inAnyOrder(name, target), form), target)
          return target
        })
      }
    },
    recorded: (old) => activate(kind, old, form),
  })
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** Logistic sigmoid: `1 / (1 + e^−this)`. */
    sigmoid(): Tensor
    sigmoid_(): Tensor
    /** Hyperbolic tangent. */
    tanh(): Tensor
    tanh_(): Tensor
  }
}

Tensor.prototype.sigmoid = function () {
  return sigmoid(this)
}
Tensor.prototype.sigmoid_ = function () {
  return activateInplace('sigmoid', this)
}
Tensor.prototype.tanh = function () {
  return tanh(this)
}
Tensor.prototype.tanh_ = function () {
  return activateInplace('tanh', this)
}
