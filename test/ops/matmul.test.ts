import { describe, expect, it } from 'vitest'
import { bmm, DTypeError, matmul, mm, randn, ShapeError, type Tensor, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

/** The product of two matrices from its formula. */
function plain(a: number[][], b: number[][]): number[][] {
  return a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)))
}

const a = [
  [1, 2, 3],
  [4, 5, 6],
]
const b = [
  [1, 0],
  [2, -1],
  [0.5, 3],
]

describe('matmul', () => {
  it('multiplies matrices, transposed and sliced ones included', () => {
    const want = plain(a, b)
    expect(tensor(a).matmul(tensor(b)).toArray()).toEqual(want)
    const aT = tensor(a).t().contiguous().t()
    const bT = tensor(b).t().contiguous().t()
    expect([
      aT.strides,
      aT.matmul(tensor(b)).toArray(),
      tensor(a).matmul(bT).toArray(),
      aT.matmul(bT).toArray(),
    ]).toEqual([[1, 2], want, want, want])
    const wide = tensor(a.map((row) => row.flatMap((value) => [value, 99]))).slice(1, 0, 6, 2)
    expect(wide.matmul(tensor(b)).toArray()).toEqual(want)
  })
  it('takes vectors as rows and columns', () => {
    expect(
      tensor([1, 2])
        .matmul(tensor([3, 4]))
        .item(),
    ).toBe(11)
    expect(tensor([1, 2]).matmul(tensor(a)).toArray()).toEqual([9, 12, 15])
    expect(
      tensor(a)
        .matmul(tensor([1, 0, 1]))
        .toArray(),
    ).toEqual([4, 10])
    expect(zeros([2, 4, 3]).matmul(zeros([3])).shape).toEqual([2, 4])
    expect(zeros([3]).matmul(zeros([2, 3, 4])).shape).toEqual([2, 4])
  })
  it('broadcasts batches', () => {
    const left = randn([2, 1, 2, 3])
    const right = randn([4, 3, 2])
    const output = left.matmul(right)
    expect(output.shape).toEqual([2, 4, 2, 2])
    const one = left.select(0, 1).select(0, 0).matmul(right.select(0, 2))
    expect(output.select(0, 1).select(0, 2).allclose(one)).toBe(true)
  })
  it('of no elements is 0', () => {
    expect([
      zeros([2, 0])
        .matmul(zeros([0, 3]))
        .toArray(),
      zeros([0, 2]).matmul(zeros([2, 3])).shape,
    ]).toEqual([
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
      [0, 3],
    ])
  })
  const shapes: [number[], number[]][] = [
    [
      [2, 3],
      [3, 2],
    ],
    [[3], [3]],
    [[3], [3, 2]],
    [[2, 3], [3]],
    [
      [2, 2, 3],
      [3, 2],
    ],
    [
      [2, 1, 2, 3],
      [2, 3, 2],
    ],
    [[2, 2, 3], [3]],
    [[3], [2, 3, 2]],
  ]
  it.each(shapes)('differentiates %j · %j', (shapeA, shapeB) => {
    checkGrads(
      (x: Tensor, y: Tensor) => x.matmul(y),
      [randn(shapeA, { requiresGrad: true }), randn(shapeB, { requiresGrad: true })],
    )
    checkGrads((x: Tensor, y: Tensor) => x.matmul(y), [randn(shapeA), randn(shapeB, { requiresGrad: true })])
  })
  it('differentiates transposed operands', () => {
    checkGrads(
      (x, y) => x.t().matmul(y.t()),
      [randn([3, 2], { requiresGrad: true }), randn([2, 3], { requiresGrad: true })],
    )
  })
})

describe('errors', () => {
  it('name inner sizes and shapes', () => {
    throws(
      () => matmul(zeros([2, 3]), zeros([4, 2])),
      ShapeError,
      'matmul: expected inner sizes to agree, got 3 and 4; shapes [2, 3], [4, 2]',
    )
    throws(
      () => matmul(tensor(1), zeros([2])),
      ShapeError,
      'matmul: expected at least one dimension each; shapes [], [2]',
    )
    throws(
      () => matmul(zeros([2, 2, 3]), zeros([3, 3, 2])),
      ShapeError,
      'matmul: expected sizes that agree or are 1 in dimension -1, got 2 and 3; shapes [2], [3]',
    )
  })
  it('refuse integers', () => {
    throws(
      () => matmul(tensor([1n]), zeros([1])),
      DTypeError,
      "matmul: expected a to be float32, got int64; a [1]; convert it with to('float32')",
    )
  })
  it('keep mm and bmm to their dimensions', () => {
    expect([mm(zeros([2, 3]), zeros([3, 1])).shape, bmm(zeros([2, 2, 3]), zeros([2, 3, 1])).shape]).toEqual([
      [2, 1],
      [2, 2, 1],
    ])
    throws(
      () => mm(zeros([3]), zeros([3, 1])),
      ShapeError,
      'mm: expected 2 dimensions each; shapes [3], [3, 1]; use matmul',
    )
    throws(
      () => bmm(zeros([2, 2, 3]), zeros([1, 3, 1])),
      ShapeError,
      'bmm: expected equal batch sizes, got 2 and 1; shapes [2, 2, 3], [1, 3, 1]',
    )
  })
})
