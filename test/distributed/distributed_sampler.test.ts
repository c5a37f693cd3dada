import { describe, expect, it } from 'vitest'
import { DistributedSampler, data, type Tensor, tensor } from '../../lib/index.ts'

const loaderOf = (size: number, rank: number, numReplicas: number, options = {}) => {
  const dataset = new data.TensorDataset([tensor(Int32Array.from({ length: size }, (_, i) => i))])
  const sampler = new DistributedSampler(size, { numReplicas, rank, seed: 4, ...options })
  return new data.DataLoader(dataset, { batchSize: 3, sampler, seed: 1 })
}
const epochOf = (loader: Iterable<readonly { toTypedArray(): ArrayLike<unknown> }[]>): number[][] =>
  [...loader].map(([batch]) => Array.from(batch.toTypedArray(), Number))

describe('DistributedSampler', () => {
  it('shares every epoch without overlap, in another order each time', () => {
    const loaders = [0, 1, 2].map((rank) => loaderOf(12, rank, 3))
    const epochs = [0, 1].map(() => loaders.map((loader) => epochOf(loader).flat()))
    for (const parts of epochs) expect(parts.flat().sort((a, b) => a - b)).toEqual([...Array(12).keys()])
    expect(epochs[0]).not.toEqual(epochs[1])
  })

  it('fills batch b of all ranks with batch b of one process that shuffles by the same seed', () => {
    const dataset = new data.TensorDataset([tensor(Int32Array.from({ length: 12 }, (_, i) => i))])
    const whole = epochOf(new data.DataLoader(dataset, { batchSize: 6, shuffle: true, seed: 4 }))
    const parts = [0, 1].map((rank) => epochOf(loaderOf(12, rank, 2)))
    whole.forEach((batch, b) => {
      expect([...parts[0][b], ...parts[1][b]].sort()).toEqual([...batch].sort())
    })
  })

  it('takes the first samples twice, or leaves the last ones out', () => {
    const all = (options: object) =>
      [0, 1, 2].map((rank) => epochOf(loaderOf(10, rank, 3, { shuffle: false, ...options })).flat())
    expect(all({})).toEqual([
      [0, 3, 6, 9],
      [1, 4, 7, 0],
      [2, 5, 8, 1],
    ])
    expect(all({ dropLast: true })).toEqual([
      [0, 3, 6],
      [1, 4, 7],
      [2, 5, 8],
    ])
    // Fewer samples than ranks.
    expect([0, 1, 2].map((rank) => epochOf(loaderOf(1, rank, 3)).flat())).toEqual([[0], [0], [0]])
  })

  it('gives sample i of the epoch the random numbers that it has in one process', () => {
    // Samples that are nothing but their index and a number drawn for them.
    const dataset: data.Dataset<readonly Tensor[]> = {
      length: 12,
      getBatch: (indices, context) => [
        tensor(indices),
        tensor(Array.from(indices, (_, i) => context!.generator(i).uniform())),
      ],
    }
    const batchTransform = (batch: readonly Tensor[], generator: data.Generator) => [
      ...batch,
      tensor([generator.uniform()]),
    ]
    const read = (sampler: object, batchSize: number) => {
      const batches = [...new data.DataLoader(dataset, { seed: 4, batchSize, batchTransform, ...sampler })]
      const drawn = batches.flatMap(([indices, numbers]) => {
        const values = numbers.toTypedArray()
        return Array.from(
          indices.toTypedArray() as Int32Array,
          (index, i) => [Number(index), Number(values[i])] as const,
        )
      })
      return { drawn: new Map(drawn), mixed: batches.map(([, , number]) => number.item()) }
    }
    const whole = read({ shuffle: true }, 6)
    const parts = [0, 1].map((rank) =>
      read({ sampler: new DistributedSampler(12, { numReplicas: 2, rank, seed: 4 }) }, 3),
    )
    for (const { drawn } of parts) for (const [index, number] of drawn) expect(number).toBe(whole.drawn.get(index))
    // Batches are mixed each by its own stream.
    expect(new Set(parts.flatMap(({ mixed }) => mixed)).size).toBe(4)
  })

  it('refuses ranks and sizes that are none', () => {
    expect(() => new DistributedSampler(3, { numReplicas: 2, rank: 2 })).toThrow(
      'DistributedSampler: expected rank to be below numReplicas 2, got 2',
    )
    expect(() => new DistributedSampler(-1)).toThrow('DistributedSampler: expected size to be an integer of at least 0')
    expect(() => new DistributedSampler(1, { epoch: 2 } as never)).toThrow('got "epoch"')
  })
})
