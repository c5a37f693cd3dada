import { backend } from '../kernels/select.ts'
import { philoxWords } from '../reference/index.ts'
import { checkFinite, checkInteger, checkNonNegative } from '../util/check.ts'
import { DTypeError, RangeError } from '../util/errors.ts'
import { checkShape, type Shape, sizeOf } from '../util/shape.ts'
import { empty, expectedFloat, type TensorOptions, tensor } from './create.ts'
import { takeWords } from './generator.ts'
import { checkRoom, type Tensor } from './tensor.ts'

const TWO_32 = 2 ** 32
/** A float64 has this many bits of fraction; more of a random word would be rounded away. */
const TWO_53 = 2 ** 53

function emptyFloat(op: string, shape: Shape, options: TensorOptions): Tensor {
  if ((options.dtype ?? 'float32') !== 'float32') throw new DTypeError(`${op}: expected float32, got ${options.dtype}`)
  return empty(shape, options)
}

/** Overwrites a dense float32 tensor with numbers drawn evenly from `[low, high)`. */
export function fillUniform(op: string, target: Tensor, low: number, high: number): void {
  checkFinite(op, 'low', low)
  checkFinite(op, 'high', high)
  if (low > high) throw new RangeError(`${op}: expected low <= high, got ${low} and ${high}`)
  if (target.dtype !== 'float32') throw expectedFloat(op, target)
  const buffer = target.buffer(op)
  if (target.size === 0) return
  const { seed, offset } = takeWords(target.size)
  backend().kernels.randomUniform({ size: target.size, seed, offset, low, high }, buffer)
}

/** Overwrites a dense float32 tensor with normally distributed numbers. */
export function fillNormal(op: string, target: Tensor, mean: number, std: number): void {
  checkFinite(op, 'mean', mean)
  checkNonNegative(op, 'std', std)
  if (target.dtype !== 'float32') throw expectedFloat(op, target)
  const buffer = target.buffer(op)
  if (target.size === 0) return
  // Normal numbers come in pairs from pairs of words.
  const { seed, offset } = takeWords(target.size + (target.size % 2))
  backend().kernels.randomNormal({ size: target.size, seed, offset, mean, std }, buffer)
}

/** A tensor of numbers drawn evenly from `[0, 1)`, from the generator that `manualSeed` sets. */
export function rand(shape: Shape, options: TensorOptions = {}): Tensor {
  const output = emptyFloat('rand', shape, options)
  fillUniform('rand', output, 0, 1)
  return output
}

/** A tensor of normally distributed numbers with mean 0 and variance 1, from the generator that `manualSeed` sets. */
export function randn(shape: Shape, options: TensorOptions = {}): Tensor {
  const output = emptyFloat('randn', shape, options)
  fillNormal('randn', output, 0, 1)
  return output
}

/**
 * A tensor of integers drawn evenly from `low … high − 1`.
 *
 * @param options.dtype int64 unless said otherwise
 * @throws {RangeError} when there is no integer in the range.
 */
export function randint(low: number, high: number, shape: Shape, options: TensorOptions = {}): Tensor {
  checkInteger('randint', 'low', low, Number.MIN_SAFE_INTEGER)
  checkInteger('randint', 'high', high, Number.MIN_SAFE_INTEGER)
  if (low >= high) throw new RangeError(`randint: expected low < high, got ${low} and ${high}`)
  checkShape('randint', shape)
  checkRoom(shape, options.dtype ?? 'int64')
  const size = sizeOf(shape)
  const { seed, offset } = takeWords(2 * size)
  const words = philoxWords(2 * size, seed, offset)
  const values = new Float64Array(size).map((_, i) => {
    const unit = ((words[2 * i + 1] % 2 ** 21) * TWO_32 + words[2 * i]) / TWO_53
    return low + Math.floor(unit * (high - low))
  })
  return tensor(values, { ...options, dtype: options.dtype ?? 'int64', shape })
}
