import type { Tensor } from '../tensor/tensor.ts'
import { checkChoice, checkInteger, checkOptions, describe } from '../util/check.ts'
import { DTypeError, RangeError, ShapeError } from '../util/errors.ts'
import { formatShape, type Shape } from '../util/shape.ts'
import { expectTensor } from './dense.ts'
import { type BorderMode, type Ends, padBorder, padEnds } from './pad_border.ts'

/** What {@link pad} adds. */
export interface PadOptions {
  /** `constant` (the default), or elements of the input: `reflect`, `replicate`, `circular`. */
  mode?: 'constant' | BorderMode
  /** What is added with mode `constant`, 0 by default; {@link RangeError} for another value with another mode. */
  value?: number
}

const MODES: (BorderMode | 'constant')[] = ['constant', 'reflect', 'replicate', 'circular']

/**
 * Adds elements before and behind the last dimensions, or takes them away where a number is negative.
 *
 * `reflect` mirrors the input about its border elements, `replicate` repeats them, `circular` continues with the
 * opposite end.
 *
 * ```ts
 * F.pad(randn([1, 3, 4, 4]), [1, 1, 2, 0]).shape // [1, 3, 6, 6]: one left and right, two on top
 * ```
 *
 * @param input any shape; with a mode other than `constant` one to three padded dimensions behind one or two others
 * @param pads pairs `before, after`, the last dimension first: `[left, right, top, bottom, front, back]`
 * @returns the input's shape with `before + size + after`; channels-last in memory where the input is
 * @throws {ShapeError} when the pads do not fit the dimensions, nothing is left, or an end is wider than the mode allows:
 * `reflect` less than the size, `circular` at most the size.
 * @throws {RangeError} for an unknown mode, a fractional number, or a value without mode `constant`.
 */
export function pad(input: Tensor, pads: readonly number[], options: PadOptions = {}): Tensor {
  checkOptions('pad', options, ['mode', 'value'])
  const mode = checkChoice('pad', 'mode', options.mode ?? 'constant', MODES)
  expectTensor('pad', 'input', input)
  input.checkAlive('pad')
  const ends = endsOf(input.shape, pads)
  if (mode === 'constant') return padConstant(input, ends, options.value ?? 0)
  if (options.value !== undefined && options.value !== 0) {
    throw new RangeError(`pad: expected a value only with mode "constant", got ${options.value} with mode "${mode}"`)
  }
  const others = input.ndim - ends.length
  if (ends.length < 1 || ends.length > 3 || others < 1 || others > 2) {
    throw new ShapeError(
      `pad: expected one to three padded dimensions behind one or two others with mode "${mode}", ` +
        `got ${ends.length} behind ${others}; input ${formatShape(input.shape)}`,
    )
  }
  return padBorder('pad', input, ends, mode)
}

/** The pairs of `pads` for the last dimensions, the outermost first. */
function endsOf(shape: Shape, pads: readonly number[]): Ends[] {
  if (!Array.isArray(pads)) {
    throw new DTypeError(`pad: expected pads such as [left, right, top, bottom], got ${describe(pads)}`)
  }
  pads.forEach((size, i) => {
    checkInteger('pad', `pads[${i}]`, size, Number.MIN_SAFE_INTEGER)
  })
  if (pads.length % 2 !== 0 || pads.length > 2 * shape.length) {
    throw new ShapeError(
      `pad: expected pairs of pads for at most ${shape.length} dimensions, got ${pads.length} numbers; ` +
        `input ${formatShape(shape)}`,
    )
  }
  const ends = Array.from({ length: pads.length / 2 }, (_, i): Ends => [pads[2 * i], pads[2 * i + 1]])
  return ends.reverse()
}

/** `output[i] = input[i − before]` where that exists, and else `value`. */
function padConstant(input: Tensor, ends: readonly Ends[], value: number): Tensor {
  const lead = input.ndim - ends.length
  ends.forEach(([before, after], i) => {
    if (input.shape[lead + i] + before + after >= 0) return
    throw new ShapeError(
      `pad: expected padding that leaves a size of at least 0, got ${before} and ${after} of dimension ${lead + i}; ` +
        `input ${formatShape(input.shape)}`,
    )
  })
  return padEnds('pad', input, ends, 'constant', value)
}
