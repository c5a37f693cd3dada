import { describe, expect, it } from 'vitest'
import { TensorDataset } from '../../lib/data/tensor_dataset.ts'
import { arange, tensor, zeros } from '../../lib/tensor/create.ts'
import { channelsLastStrides } from '../../lib/tensor/layout.ts'
import { copyElements, emptyTensor } from '../../lib/tensor/tensor.ts'

describe('TensorDataset', () => {
  it('takes rows of each tensor and keeps its element type', () => {
    const dataset = new TensorDataset([
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      tensor(Int32Array.of(7, 8, 9)),
      tensor(Uint8Array.of(1, 0, 1)),
      arange(3),
    ])
    expect(dataset.length).toBe(3)
    const batch = dataset.getBatch(Int32Array.of(2, 0, 2))
    expect(batch.map((value) => value.dtype)).toEqual(['float32', 'int32', 'uint8', 'int64'])
    expect(batch[0].toArray()).toEqual([
      [5, 6],
      [1, 2],
      [5, 6],
    ])
    expect(batch[1].toArray()).toEqual([9, 7, 9])
    expect(batch[2].toArray()).toEqual([1, 1, 1])
    expect(batch[3].toArray()).toEqual([2n, 0n, 2n])
  })

  it('keeps images channels-last', () => {
    const values = Float32Array.from({ length: 2 * 3 * 2 * 2 }, (_, i) => i)
    const rowMajor = tensor(values, { shape: [2, 3, 2, 2] })
    const images = emptyTensor(rowMajor.shape, 'float32', channelsLastStrides(rowMajor.shape))
    copyElements('test', rowMajor, images)
    const [batch] = new TensorDataset([images]).getBatch(Int32Array.of(1, 0))
    expect(batch.isContiguous('channelsLast')).toBe(true)
    expect([...batch.toTypedArray()]).toEqual([...values.subarray(12), ...values.subarray(0, 12)])
  })

  it('reads tensors whose rows are interleaved in memory', () => {
    const source = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ])
    const columns = source.viewAs([3, 2], [1, 3], 0, true)
    const [batch] = new TensorDataset([columns]).getBatch(Int32Array.of(1, 2))
    expect(batch.toArray()).toEqual([
      [2, 5],
      [3, 6],
    ])
  })

  it('gives batches of their own memory, and empty ones', () => {
    const dataset = new TensorDataset([tensor([1, 2])])
    const [first] = dataset.getBatch(Int32Array.of(0))
    const [second] = dataset.getBatch(Int32Array.of(0))
    expect(first.storage).not.toBe(second.storage)
    expect(dataset.getBatch(new Int32Array(0))[0].shape).toEqual([0])
    expect(new TensorDataset([zeros([0, 4])]).getBatch(new Int32Array(0))[0].shape).toEqual([0, 4])
  })

  it('refuses tensors that do not fit together', () => {
    expect(() => new TensorDataset([])).toThrow('TensorDataset: expected at least one tensor, got none')
    const message = 'TensorDataset: expected tensors with the same first size; shapes '
    expect(() => new TensorDataset([zeros([2, 3]), zeros([3])])).toThrow(`${message}[2, 3], [3]`)
    expect(() => new TensorDataset([zeros([])])).toThrow(`${message}[]`)
  })
})
