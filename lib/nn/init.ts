import { fillElements, tensor } from '../tensor/create.ts'
import { fillNormal, fillUniform } from '../tensor/random.ts'
import { copyElements, emptyTensor, type Tensor } from '../tensor/tensor.ts'
import { checkChoice, checkFinite } from '../util/check.ts'
import { ShapeError } from '../util/errors.ts'
import { formatShape, sizeOf } from '../util/shape.ts'
import { orthonormalColumns } from './orthonormal.ts'

/** Functions that follow a layer, whose gain the initial weights make up for. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu'

/** Which variance Kaiming weights keep: that of outputs or of gradients, behind which function. */
export interface KaimingOptions {
  /** Negative slope of the leaky ReLU behind the layer, 0 by default; the other functions have none. */
  a?: number
  /** Whether the variance is kept forward (`fanIn`, the default) or backward (`fanOut`). */
  mode?: 'fanIn' | 'fanOut'
  /** The function behind the layer, `leakyRelu` by default. */
  nonlinearity?: Nonlinearity
}

/** Runs a filler over a tensor in place, whatever its order in memory. */
function overwrite(op: string, target: Tensor, fill: (dense: Tensor) => void): Tensor {
  target.buffer(op)
  if (target.isDense()) fill(target)
  else {
    const dense = emptyTensor(target.shape, target.dtype)
    fill(dense)
    copyElements(op, dense, target)
    dense.dispose()
  }
  target.storage.version++
  return target
}

/** Fills a tensor evenly from `[a, b)`, by default `[0, 1)`, and returns it. */
export function uniform(target: Tensor, { a = 0, b = 1 }: { a?: number; b?: number } = {}): Tensor {
  return overwrite('init.uniform', target, (dense) => fillUniform('init.uniform', dense, a, b))
}

/** Fills a tensor with normally distributed numbers, by default of mean 0 and deviation 1, and returns it. */
export function normal(target: Tensor, { mean = 0, std = 1 }: { mean?: number; std?: number } = {}): Tensor {
  return overwrite('init.normal', target, (dense) => fillNormal('init.normal', dense, mean, std))
}

/** Fills a tensor with one value and returns it. */
export function constant(target: Tensor, value: number): Tensor {
  return overwrite('init.constant', target, (dense) => fillElements('init.constant', dense, value))
}

/** Fills a tensor with zeros and returns it. */
export function zeros(target: Tensor): Tensor {
  return constant(target, 0)
}

/** Fills a tensor with ones and returns it. */
export function ones(target: Tensor): Tensor {
  return constant(target, 1)
}

/**
 * Connections into and out of one unit of a weight `[out, in, ...kernel]`.
 *
 * @throws {ShapeError} for fewer than two dimensions.
 */
export function calculateFan(weight: Tensor): { fanIn: number; fanOut: number } {
  if (weight.ndim < 2) {
    throw new ShapeError(
      `init: expected a weight of at least 2 dimensions, got ${weight.ndim}; weight ${formatShape(weight.shape)}`,
    )
  }
  const window = sizeOf(weight.shape.slice(2))
  return { fanIn: weight.shape[1] * window, fanOut: weight.shape[0] * window }
}

const NONLINEARITIES: Nonlinearity[] = ['linear', 'sigmoid', 'tanh', 'relu', 'leakyRelu', 'selu']

/**
 * Factor by which the deviation of weights grows to keep the variance behind a function.
 *
 * @param slope negative slope of `leakyRelu`, 0.01 by default
 * @throws {RangeError} for a function it does not know.
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  checkChoice('init', 'nonlinearity', nonlinearity, NONLINEARITIES)
  checkFinite('init', 'slope', slope)
  switch (nonlinearity) {
    case 'tanh':
      return 5 / 3
    case 'relu':
      return Math.SQRT2
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope ** 2))
    case 'selu':
      return 3 / 4
    default:
      return 1
  }
}

function kaimingStd(weight: Tensor, { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: KaimingOptions): number {
  checkChoice('init', 'mode', mode, ['fanIn', 'fanOut'])
  return calculateGain(nonlinearity, a) / Math.sqrt(calculateFan(weight)[mode])
}

/**
 * Fills a weight evenly from `±√3 · gain / √fan` and returns it.
 *
 * Source: He et al., "Delving Deep into Rectifiers", 2015.
 */
export function kaimingUniform(weight: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd(weight, options)
  return uniform(weight, { a: -bound, b: bound })
}

/**
 * Fills a weight with normally distributed numbers of deviation `gain / √fan` and returns it; see {@link
 * kaimingUniform}.
 */
export function kaimingNormal(weight: Tensor, options: KaimingOptions = {}): Tensor {
  return normal(weight, { std: kaimingStd(weight, options) })
}

function xavierStd(weight: Tensor, gain: number): number {
  const { fanIn, fanOut } = calculateFan(weight)
  return checkFinite('init', 'gain', gain) * Math.sqrt(2 / (fanIn + fanOut))
}

/**
 * Fills a weight evenly from `±√3 · gain · √(2 / (fanIn + fanOut))` and returns it.
 *
 * Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
 */
export function xavierUniform(weight: Tensor, { gain = 1 }: { gain?: number } = {}): Tensor {
  const bound = Math.sqrt(3) * xavierStd(weight, gain)
  return uniform(weight, { a: -bound, b: bound })
}

/** Fills a weight with normally distributed numbers of deviation `gain · √(2 / (fanIn + fanOut))` and returns it. */
export function xavierNormal(weight: Tensor, { gain = 1 }: { gain?: number } = {}): Tensor {
  return normal(weight, { std: xavierStd(weight, gain) })
}

/**
 * Fills a weight, seen as a matrix `[shape[0], all others]`, with orthonormal rows, or columns where there are fewer of
 * those, times `gain`, and returns it. Every such matrix is equally likely.
 *
 * Source: Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2013.
 *
 * @throws {ShapeError} for fewer than two dimensions.
 */
export function orthogonal(weight: Tensor, { gain = 1 }: { gain?: number } = {}): Tensor {
  const op = 'init.orthogonal'
  checkFinite(op, 'gain', gain)
  if (weight.ndim < 2) {
    throw new ShapeError(
      `${op}: expected a weight of at least 2 dimensions, got ${weight.ndim}; weight ${formatShape(weight.shape)}`,
    )
  }
  weight.buffer(op)
  if (weight.size === 0) return weight
  const rows = weight.shape[0]
  const columns = weight.size / rows
  const [long, short] = rows < columns ? [columns, rows] : [rows, columns]
  const normals = emptyTensor([long, short], 'float32')
  fillNormal(op, normals, 0, 1)
  const basis = orthonormalColumns(Float64Array.from(normals.toTypedArray() as Float32Array), long, short)
  normals.dispose()
  const values = new Float32Array(weight.size)
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      values[r * columns + c] = gain * (rows < columns ? basis[c * short + r] : basis[r * short + c])
    }
  }
  const filled = tensor(values, { shape: weight.shape })
  copyElements(op, filled, weight)
  filled.dispose()
  weight.storage.version++
  return weight
}
