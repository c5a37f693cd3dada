import { expect, it } from 'vitest'
import { ConcatDataset } from '../../lib/data/concat_dataset.ts'
import type { Dataset } from '../../lib/data/dataset.ts'
import { Generator } from '../../lib/data/generator.ts'
import { Subset } from '../../lib/data/subset.ts'
import { tensor } from '../../lib/tensor/create.ts'
import type { Tensor } from '../../lib/tensor/tensor.ts'

/** Sample `i` is the row `[first + i, a number of its stream]`. */
const counting = (length: number, first: number): Dataset<[Tensor, Tensor]> => ({
  length,
  getBatch: (indices, context) => [
    tensor(
      [...indices].flatMap((index) => [first + index, 0]),
      { shape: [indices.length, 2] },
    ),
    tensor(Float32Array.from(indices, (_, i) => context?.generator(i).uniform() ?? -1)),
  ],
})

it('reads samples from the sets that have them, in the order of the batch', async () => {
  const both = new ConcatDataset([counting(3, 0), counting(0, 50), counting(4, 100)])
  expect(both.length).toBe(7)
  const context = { generator: (i: number) => new Generator(5).fork(i) }
  const indices = Int32Array.of(4, 0, 6, 2, 0)
  const check = ([rows, draws]: [Tensor, Tensor]) => {
    expect(rows.toArray()).toEqual([101, 0, 103, 2, 0].map((value) => [value, 0]))
    expect([...draws.toTypedArray()]).toEqual(Array.from(indices, (_, i) => context.generator(i).uniform()))
  }
  check(both.getBatch(indices, context))
  check(await both.loadBatch(indices, context))
  expect(both.getBatch(Int32Array.of(3))[0].toArray()).toEqual([[100, 0]])
  expect(both.getBatch(new Int32Array(0))[0].shape).toEqual([0, 2])
  const subset = new Subset(both, [6, 1])
  expect((await subset.loadBatch(Int32Array.of(0, 1), context))[0].toArray()).toEqual([
    [103, 0],
    [1, 0],
  ])
})

it('refuses to be empty', () => {
  expect(() => new ConcatDataset([])).toThrow('ConcatDataset: expected at least one data set, got none')
})
