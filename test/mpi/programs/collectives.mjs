// Every collective operation, each with a known answer.
import assert from 'node:assert/strict'
import { distributed, manualSeed, rand, tensor, zeros } from 'strided'

const { rank, size, family, localSize } = distributed.init()
assert.equal(localSize, size)
assert.equal(distributed.init().rank, rank)
distributed.barrier()

// Sum, average, extremes, of small and of large tensors, which take different ways.
for (const count of [1, 5, 100_000]) {
  const ramp = Float32Array.from({ length: count }, (_, i) => (i % 7) + rank)
  const ranks = (size * (size - 1)) / 2
  const expected = {
    sum: (i) => (i % 7) * size + ranks,
    avg: (i) => Math.fround(((i % 7) * size + ranks) / size),
    max: (i) => (i % 7) + size - 1,
    min: (i) => i % 7,
  }
  for (const [op, value] of Object.entries(expected)) {
    for (const deterministic of [false, true]) {
      const reduced = distributed.allReduce(tensor(ramp), { op, deterministic }).toTypedArray()
      assert.deepEqual(
        reduced,
        Float32Array.from({ length: count }, (_, i) => value(i)),
        `${op} of ${count}`,
      )
    }
  }
}
const counts = distributed.allReduce(tensor(BigInt64Array.of(1n, BigInt(rank)), { dtype: 'int64' }))
assert.deepEqual(counts.toArray(), [BigInt(size), BigInt((size * (size - 1)) / 2)])

// In the order of ranks a sum is what adding one after the other gives, bit for bit.
manualSeed(rank)
const own = rand([10_007])
const all = distributed.allGather(own)
const sum = all[0].clone()
for (const other of all.slice(1)) sum.add_(other)
assert.deepEqual(distributed.allReduce(own, { deterministic: true }).toTypedArray(), sum.toTypedArray())

// Views that lie otherwise in memory are written where they lie.
const matrix = zeros([3, 2])
matrix.permute([1, 0]).fill_(rank)
distributed.broadcast(matrix.permute([1, 0]), size - 1)
assert.deepEqual(
  matrix.toArray(),
  [0, 1, 2].map(() => [size - 1, size - 1]),
)
const rows = distributed.allGather(tensor([[rank, 10 + rank]]))
assert.deepEqual(
  rows.map((row) => row.toArray()),
  Array.from({ length: size }, (_, r) => [[r, 10 + r]]),
)
const words = distributed.allGatherObject({ rank, text: 'ä'.repeat(rank) })
assert.deepEqual(
  words,
  Array.from({ length: size }, (_, r) => ({ rank: r, text: 'ä'.repeat(r) })),
)
assert.throws(() => distributed.broadcast(matrix, size), /^RangeError: broadcast: expected src to be a rank below/)
if (rank === 0) console.log(`collectives ok, ${size} ranks, ${family}`)
