import { describe, expect, it } from 'vitest'
import { manualSeed, nn, RangeError, ShapeError, type Tensor, zeros } from '../../lib/index.ts'
import { orthonormalColumns } from '../../lib/nn/orthonormal.ts'
import { throws } from '../util/throws.ts'

/** `matrix · matrixᵀ` of the weight as a matrix, or `matrixᵀ · matrix` where that is the smaller one. */
function gram(weight: Tensor): Tensor {
  const matrix = weight.reshape([weight.shape[0], -1])
  const [rows, columns] = matrix.shape
  return rows <= columns ? matrix.mm(matrix.t()) : matrix.t().mm(matrix)
}

const identity = (size: number, value: number): number[][] =>
  Array.from({ length: size }, (_, r) => Array.from({ length: size }, (_, c) => expect.closeTo(r === c ? value : 0, 5)))

describe('init.orthogonal', () => {
  it.each([[[4, 4]], [[3, 7]], [[7, 3]], [[6, 2, 3, 3]], [[1, 5]]])('gives %j orthonormal rows or columns', (shape) => {
    manualSeed(3)
    const weight = zeros(shape)
    expect(nn.init.orthogonal(weight)).toBe(weight)
    const size = Math.min(shape[0], weight.size / shape[0])
    expect(gram(weight).toArray()).toEqual(identity(size, 1))
    expect(gram(nn.init.orthogonal(zeros(shape), { gain: 3 })).toArray()).toEqual(identity(size, 9))
  })
  it('follows the seed and writes the logical order, whatever the order in memory', () => {
    manualSeed(4)
    const weight = nn.init.orthogonal(zeros([4, 2, 3, 3]))
    manualSeed(4)
    const layer = new nn.Conv2d(2, 4, 3)
    manualSeed(4)
    expect(nn.init.orthogonal(layer.weight).equal(weight)).toBe(true)
    expect(nn.init.orthogonal(zeros([4, 2, 3, 3])).equal(weight)).toBe(false)
  })
  it('prefers no direction: elements of many draws have mean 0 and variance 1 / size', () => {
    manualSeed(5)
    let [sum, squares] = [0, 0]
    for (let i = 0; i < 400; i++) {
      for (const value of nn.init.orthogonal(zeros([3, 3])).toTypedArray() as Float32Array) {
        sum += value
        squares += value * value
      }
    }
    expect(sum / 3600).toBeCloseTo(0, 1)
    expect(squares / 3600).toBeCloseTo(1 / 3, 5)
  })
  it('gives R a positive diagonal', () => {
    const matrix = Float64Array.of(-3, 1, 4, -2, 0, 5)
    const basis = orthonormalColumns(matrix.slice(), 3, 2)
    const diagonal = [0, 1].map((c) => [0, 1, 2].reduce((sum, r) => sum + basis[2 * r + c] * matrix[2 * r + c], 0))
    expect(diagonal[0]).toBeCloseTo(5, 12)
    expect(diagonal[1]).toBeGreaterThan(0)
  })
  it('refuses vectors and gains that are no number', () => {
    throws(
      () => nn.init.orthogonal(zeros([4])),
      ShapeError,
      'init.orthogonal: expected a weight of at least 2 dimensions, got 1; weight [4]',
    )
    throws(
      () => nn.init.orthogonal(zeros([2, 2]), { gain: Number.NaN }),
      RangeError,
      'init.orthogonal: expected gain to be a finite number, got NaN',
    )
  })
})
