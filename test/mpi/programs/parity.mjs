// N ranks with batches of B against one process with batches of N·B: 20 steps of a network with synchronised batch norms. Ends
// with a hash of all weights: `parity.mjs [deterministic]`.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  convertSyncBatchNorm,
  DistributedDataParallel,
  DistributedSampler,
  data,
  distributed,
  functional as F,
  manualSeed,
  nn,
  optim,
  randint,
  randn,
  setNumThreads,
} from 'strided'

const deterministic = process.argv[2] === 'deterministic'
const B = 6
const STEPS = 20
const { rank, size, family } = distributed.init()
setNumThreads(1)

const network = () =>
  new nn.Sequential(
    new nn.Conv2d(3, 8, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.Conv2d(8, 16, 3, { stride: 2, padding: 1 }),
    new nn.BatchNorm2d(16, { momentum: null }),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(16 * 16, 24),
    new nn.BatchNorm1d(24),
    new nn.Linear(24, 10),
  )

// One data set on all ranks; another model on each, which the wrapper has to make equal.
manualSeed(7)
const dataset = new data.TensorDataset([randn([B * size * 4, 3, 8, 8]), randint(0, 10, [B * size * 4])])
manualSeed(rank)
const model = new DistributedDataParallel(convertSyncBatchNorm(network()), { deterministic, bucketCapMb: 0.002 })
manualSeed(0)
const whole = network()

const options = { lr: 0.02, momentum: 0.9, weightDecay: 1e-3 }
const ours = new optim.SGD(model.parameters(), options)
const theirs = new optim.SGD(whole.parameters(), options)
const loader = new data.DataLoader(dataset, {
  batchSize: B,
  sampler: new DistributedSampler(dataset.length, { seed: 5 }),
})
const wholeLoader = new data.DataLoader(dataset, { batchSize: B * size, shuffle: true, seed: 5 })

function* forever(batches) {
  for (;;) yield* batches
}
const step = (net, optimizer, [input, target]) => {
  optimizer.zeroGrad()
  F.crossEntropy(net.forward(input), target).backward()
  const grads = [...net.parameters()].map((one) => one.grad.toTypedArray())
  optimizer.step()
  return grads
}
// Absolute up to 1, relative above it: running variances are larger, and float32 has seven digits.
const distance = (a, b) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]) / Math.max(1, Math.abs(b[i]))), 0)

const [own, all] = [forever(loader), forever(wholeLoader)]
let gradients = 0
for (let i = 0; i < STEPS; i++) {
  const grads = step(model, ours, own.next().value)
  const expected = step(whole, theirs, all.next().value)
  grads.forEach((grad, j) => {
    gradients = Math.max(gradients, distance(grad, expected[j]))
  })
}
const states = [model.module.stateDict(), whole.stateDict()]
let weights = 0
for (const [name, tensor] of Object.entries(states[0])) {
  const expected = states[1][name].toTypedArray()
  assert.deepEqual(states[1][name].shape, tensor.shape, name)
  if (tensor.dtype === 'int64') assert.deepEqual(tensor.toTypedArray(), expected)
  else weights = Math.max(weights, distance(tensor.toTypedArray(), expected))
}
assert.ok(gradients < 1e-6, `gradients differ by ${gradients}`)
assert.ok(weights < 1e-6, `weights differ by ${weights}`)
assert.ok(distance(states[0]['0.weight'].toTypedArray(), network().stateDict()['0.weight'].toTypedArray()) > 0.005)
model.checkParameters()

const hash = createHash('sha256')
for (const tensor of Object.values(states[0])) hash.update(tensor.toTypedArray())
const text = `${hash.digest('hex').slice(0, 16)}, gradients ${gradients.toExponential(1)}, weights ${weights.toExponential(1)}`
if (rank === 0) console.log(`parity ok, ${size} ranks, ${family}: ${text}`)
