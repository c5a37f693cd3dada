// What a DistributedDataParallel does beside averaging: accumulation without messages, unused parameters, buffers, checks.
import assert from 'node:assert/strict'
import {
  DistributedDataParallel,
  DistributedSampler,
  data,
  distributed,
  fit,
  manualSeed,
  nn,
  ones,
  optim,
  tensor,
  zeros,
} from 'strided'

const { rank, size, family } = distributed.init()
const ranks = (size * (size - 1)) / 2
const gradOf = (net) => [...net.parameters()].map((one) => one.grad?.toArray() ?? null)
const backward = (net, value) => net.forward(tensor([[value]])).backward()

// The gradient of w in w·x is x, which differs between ranks.
const linear = () => new nn.Linear(1, 1, { bias: false })
const net = new DistributedDataParallel(linear())
backward(net, rank)
assert.deepEqual(gradOf(net), [[[Math.fround(ranks / size)]]])
net.zeroGrad()
net.noSync(() => backward(net, 10 * rank))
assert.deepEqual(gradOf(net), [[[10 * rank]]])
backward(net, rank)
assert.ok(Math.abs(gradOf(net)[0][0][0] - (11 * ranks) / size) < 1e-5)
// A gradient that was averaged stays as it is when a new one comes to it.
backward(net, 0)
assert.ok(Math.abs(gradOf(net)[0][0][0] - (11 * ranks) / size) < 1e-5)

// A branch that only rank 1 takes: both get its average, and what nobody used gets nothing.
class Branches extends nn.Module {
  first = linear()
  second = linear()
  third = linear()
  forward(input) {
    const output = this.first.forward(input)
    return rank === 1 ? this.second.forward(output) : output
  }
}
const branches = new DistributedDataParallel(new Branches(), { findUnusedParameters: true })
backward(branches, 1)
const [, second, third] = gradOf(branches)
assert.ok(Math.abs(second[0][0] - [...branches.parameters()][0].item() / size) < 1e-6)
assert.equal(third, null)

// Buffers come from rank 0, in training alone.
const norm = new DistributedDataParallel(new nn.BatchNorm1d(1))
norm.forward(tensor([[rank], [rank + 2]]))
const mine = norm.module.runningMean.item()
assert.ok(Math.abs(mine - 0.1 * (rank + 1)) < 1e-6)
norm.eval().forward(ones([1, 1]))
assert.equal(norm.module.runningMean.item(), mine)
norm.syncBuffers()
assert.ok(Math.abs(norm.module.runningMean.item() - 0.1) < 1e-6)
assert.equal(norm.module.numBatchesTracked.item(), 1n)

// Copies that went apart are found, and models that were never alike.
norm.checkParameters()
if (rank === 1) norm.module.weight.requiresGrad_(false).fill_(3)
assert.throws(
  () => norm.checkParameters(),
  /^StateError: DistributedDataParallel: expected the same parameters on every rank, but weight differs from rank 0 on 1$/,
)
assert.throws(
  () => new DistributedDataParallel(new nn.Linear(1, 1 + Math.min(rank, 1))),
  /expected the same model on every rank, got weight float32 \[[12], 1\] 1,1 here and weight float32 \[[12], 1\] 1,1 on rank \d/,
)

// Ranks share an epoch without overlap, and see its augmentations as one process would.
manualSeed(1)
const set = new data.TensorDataset([tensor(Int32Array.from({ length: 10 * size + 1 }, (_, i) => i))])
const seen = (options) => {
  const sampler = new DistributedSampler(set.length, { seed: 3, ...options })
  return distributed.allGatherObject(
    [...new data.DataLoader(set, { sampler, batchSize: 4 })].flatMap(([one]) => [...one.toTypedArray()]),
  )
}
const parts = seen({ dropLast: true })
assert.deepEqual(
  parts.map((part) => part.length),
  Array(size).fill(10),
)
assert.equal(new Set(parts.flat()).size, 10 * size)
assert.equal(new Set(seen({}).flat()).size, 10 * size + 1)

// What fit cannot do on several ranks is said on all of them.
const fitting = {
  train: new data.DataLoader(set),
  loss: (output) => output,
  optimizer: new optim.SGD(net.parameters(), { lr: 1 }),
  epochs: 1,
}
await assert.rejects(
  fit(net.module, fitting),
  /^RangeError: fit: expected a DistributedDataParallel on \d ranks, got Linear; without it each would train a model of its own$/,
)
const own = { name: 'own', update() {}, compute: () => 0 }
await assert.rejects(
  fit(net, { ...fitting, metrics: [own] }),
  /^RangeError: fit: expected metric own to have merge, which joins the states of \d ranks$/,
)
await assert.rejects(
  fit(net, { ...fitting, train: new data.DataLoader(set, { batchSize: 1 + rank }), verbose: false }),
  /^RangeError: fit: expected equally many batches on every rank, got \d+, \d+.*; use a DistributedSampler$/,
)

// Last, as it leaves the ranks apart: a parameter without a gradient, and no permission.
const strict = new DistributedDataParallel(new Branches())
assert.throws(
  () => backward(strict, 1),
  /expected every backward pass to reach all parameters, but [12] got no gradient, such as .*third\.weight.*; pass findUnusedParameters: true/,
)
assert.equal(zeros([1]).item(), 0)
if (rank === 0) console.log(`data_parallel ok, ${size} ranks, ${family}`)
