import { describe, expect, it } from 'vitest'
import { DTypeError, memory, ones, randn, ShapeError, StateError, type Tensor, tensor, zeros } from '../../lib/index.ts'
import { copyElements } from '../../lib/tensor/tensor.ts'
import { throws } from '../util/throws.ts'

describe('reading a tensor', () => {
  it('gives numbers in logical row-major order whatever the order in memory', () => {
    const image = tensor(
      Float32Array.from({ length: 12 }, (_, i) => i),
      { shape: [1, 3, 2, 2] },
    )
    const last = image.contiguous({ memoryFormat: 'channelsLast' })
    expect([last.strides, last.isContiguous(), last.isContiguous('channelsLast')]).toEqual([[12, 1, 6, 3], false, true])
    expect(last.toTypedArray()).toEqual(image.toTypedArray())
    expect(last.toArray()).toEqual(image.toArray())
    expect(image.transpose(2, 3).slice(1, 1, 2).toArray()).toEqual([
      [
        [
          [4, 6],
          [5, 7],
        ],
      ],
    ])
  })
  it('gives bigints for int64', () => {
    expect([tensor([5n]).item(), tensor([5n]).toTypedArray()]).toEqual([5n, BigInt64Array.of(5n)])
  })
  it('gives one number of one element only', () => {
    expect(tensor([[2.5]]).item()).toBe(2.5)
    throws(() => tensor([1, 2]).item(), ShapeError, 'item: expected a tensor of one element, got 2; shape [2]')
  })
})

describe('dispose', () => {
  it('frees the memory at once, and only once', () => {
    const before = memory()
    const made = zeros([1000])
    expect(memory().storages).toBe(before.storages + 1)
    made.dispose()
    made.dispose()
    expect([memory().storages, memory().live]).toEqual([before.storages, before.live])
  })
  it('leaves views alone, which hold their own count', () => {
    const made = tensor([1, 2, 3, 4])
    const view = made.reshape([2, 2])
    const { storages } = memory()
    made.dispose()
    expect(memory().storages).toBe(storages)
    expect(view.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ])
    view.dispose()
    expect(memory().storages).toBe(storages - 1)
  })
  it('happens at the end of a using block', () => {
    const { storages } = memory()
    {
      using made = zeros([8])
      expect([made.size, memory().storages]).toEqual([8, storages + 1])
    }
    expect(memory().storages).toBe(storages)
  })
  it('makes every use an error that names the op and the shape', () => {
    const gone = zeros([2, 3])
    gone.dispose()
    const uses: [string, () => unknown][] = [
      ['add', () => gone.add(1)],
      ['mul', () => ones([2, 3]).mul(gone)],
      ['relu', () => gone.relu()],
      ['toTypedArray', () => gone.toArray()],
      ['sum', () => gone.sum()],
      ['reshape', () => gone.reshape([6])],
      ['detach', () => gone.detach()],
      ['matmul', () => gone.matmul(zeros([3, 1]))],
      ['add_', () => gone.add_(1)],
      ['copy_', () => zeros([2, 3]).copy_(gone)],
    ]
    for (const [op, use] of uses) throws(use, StateError, `${op}: tensor [2, 3] was disposed`)
    throws(() => gone.alias(), StateError, 'tensor [2, 3] looks at memory that was disposed')
    expect(String(gone)).toBe('tensor(disposed, shape=[2, 3])')
  })
})

describe('copyElements', () => {
  it('wants equal shapes and element types', () => {
    throws(
      () => copyElements('copy', zeros([2]), zeros([3])),
      ShapeError,
      'copy: expected equal shapes; shapes [2], [3]',
    )
    throws(
      () => copyElements('copy', zeros([2]), tensor([1n, 2n])),
      DTypeError,
      'copy: expected equal dtypes, got float32 and int64',
    )
  })
})

describe('grad', () => {
  it('can be set to a tensor of the same shape and to null', () => {
    const leaf = zeros([2], { requiresGrad: true })
    leaf.grad = ones([2])
    expect(leaf.grad.toArray()).toEqual([1, 1])
    leaf.grad = null
    expect(leaf.grad).toBeNull()
  })
  it('refuses another shape or element type', () => {
    const leaf: Tensor = zeros([2], { requiresGrad: true })
    throws(
      () => {
        leaf.grad = ones([3])
      },
      ShapeError,
      'grad: expected a float32 tensor of shape [2], got float32 [3]',
    )
    throws(
      () => {
        leaf.grad = tensor([1n, 2n])
      },
      ShapeError,
      'grad: expected a float32 tensor of shape [2], got int64 [2]',
    )
  })
})

describe('requiresGrad_', () => {
  it('switches a leaf', () => {
    expect(zeros([1]).requiresGrad_().requiresGrad).toBe(true)
    expect(zeros([1], { requiresGrad: true }).requiresGrad_(false).requiresGrad).toBe(false)
  })
  it('refuses integers and tensors that an op made', () => {
    throws(
      () => tensor([1n]).requiresGrad_(),
      DTypeError,
      'requiresGrad_: expected float32, got int64; only float32 tensors have gradients',
    )
    throws(
      () => randn([2], { requiresGrad: true }).mul(2).requiresGrad_(false),
      StateError,
      'requiresGrad_: expected a leaf, got a tensor that mul made; use detach() to leave the graph',
    )
  })
})
