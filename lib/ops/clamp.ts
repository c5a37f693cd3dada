import { needsGrad, record, save } from '../autograd/node.ts'
import { composed } from '../tensor/scope.ts'
import { Tensor } from '../tensor/tensor.ts'
import { describe } from '../util/check.ts'
import { RangeError } from '../util/errors.ts'
import { binaryRaw, scalarInto, scalarRaw } from './binary.ts'
import { mask } from './binary_grads.ts'
import { cloneRaw, expectFloat } from './dense.ts'
import { inplace } from './inplace.ts'

function checkBounds(op: string, min: number | undefined, max: number | undefined): void {
  if (min === undefined && max === undefined) throw new RangeError(`${op}: expected min, max or both, got neither`)
  for (const bound of [min, max]) {
    if (bound !== undefined && (typeof bound !== 'number' || Number.isNaN(bound))) {
      throw new RangeError(`${op}: expected bounds to be numbers, got ${describe(bound)}`)
    }
  }
}

/**
 * Limits every element to the range from `min` to `max`; an `undefined` bound does not limit. NaN stays NaN. The gradient
 * passes where the element lies within the bounds or on them.
 *
 * @throws {RangeError} when neither bound is given or one is NaN.
 */
export function clamp(input: Tensor, min?: number, max?: number): Tensor {
  checkBounds('clamp', min, max)
  expectFloat('clamp', 'input', input)
  const output = composed(() => {
    const above = min === undefined ? cloneRaw('clamp', input) : scalarRaw('clamp', 'maximum', input, min)
    return max === undefined ? above : scalarRaw('clamp', 'minimum', above, max)
  })
  if (needsGrad(input)) {
    const saved = save('clamp', input)
    record('clamp', output, [input], [saved], (gradOutput) => {
      const value = saved.get()
      const low = min === undefined ? gradOutput : binaryRaw('clamp', 'mul', gradOutput, mask('ge', value, min))
      return [max === undefined ? low : binaryRaw('clamp', 'mul', low, mask('le', value, max))]
    })
  }
  return output
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /** Limits every element to the range from `min` to `max`. */
    clamp(min?: number, max?: number): Tensor
    clamp_(min?: number, max?: number): this
  }
}

Tensor.prototype.clamp = function (min, max) {
  return clamp(this, min, max)
}
Tensor.prototype.clamp_ = function (min, max) {
  checkBounds('clamp_', min, max)
  expectFloat('clamp_', 'the tensor', this)
  inplace('clamp_', this, [], {
    direct: () => {
      if (min !== undefined) scalarInto('clamp_', 'maximum', this, min)
      if (max !== undefined) scalarInto('clamp_', 'minimum', this, max)
    },
    recorded: (old) => clamp(old, min, max),
  })
  return this
}
