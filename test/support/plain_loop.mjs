// Trains LeNet-5 in synchronous loops, with no scope, no await and no dispose, and prints what memory did as JSON.
// Usage: node --expose-gc plain_loop.mjs sequential|functional STEPS BATCH
import { getHeapStatistics } from 'node:v8'
import { functional as F, manualSeed, memory, models, nn, optim, randint, randn } from 'strided'
import { backend } from '../../dist/kernels/select.js'

const [form, steps, batch] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
manualSeed(1)

/** The same network in functions, so that every activation passes through the caller's hands. */
function functional() {
  const [conv1, conv2] = [new nn.Conv2d(1, 20, 5, { padding: 2 }), new nn.Conv2d(20, 50, 5, { padding: 2 })]
  const [linear1, linear2] = [new nn.Linear(2450, 500), new nn.Linear(500, 10)]
  const forward = (input) => {
    let hidden = F.maxPool2d(F.relu(conv1.forward(input)), 2)
    hidden = F.maxPool2d(F.relu(conv2.forward(hidden)), 2)
    hidden = F.relu(linear1.forward(hidden.flatten(1)))
    return linear2.forward(hidden)
  }
  return { forward, parameters: [conv1, conv2, linear1, linear2].flatMap((layer) => [...layer.parameters()]) }
}

function sequential() {
  const model = models.leNet5()
  return { forward: (input) => model.forward(input), parameters: [...model.parameters()] }
}

const { forward, parameters } = form === 'functional' ? functional() : sequential()
const optimizer = new optim.SGD(parameters, { lr: 0.01, momentum: 0.9 })
const samples = []
let stepBytes = 0
let loss = 0

/** Resident bytes: of V8's heap, of the pool's blocks, and of all the rest. */
function resident() {
  const { live, pooled } = memory()
  // In one moment: V8's heap comes and goes by tens of megabytes.
  const [{ rss }, { total_physical_size: heap }] = [process.memoryUsage(), getHeapStatistics()]
  const pool = live + pooled
  return { heap, pool, rest: rss - heap - pool }
}

function train(count) {
  for (let step = 0; step < count; step++) {
    const input = randn([batch, 1, 28, 28])
    const target = randint(0, 10, [batch])
    optimizer.zeroGrad()
    const value = F.crossEntropy(forward(input), target)
    value.backward()
    optimizer.step()
    // Before anything was collected: what the first step made and nothing released.
    stepBytes ||= memory().peak
    if (step % 10 === 0) samples.push(resident())
    loss = value.item()
  }
}

/** What is still held when everything that can be collected was. */
function held() {
  const home = backend()
  globalThis.gc()
  // The allocator takes garbage back and gives free blocks to the system before it fails.
  home.failAllocations(1)
  try {
    home.allocate(1, {})
  } catch (error) {
    if (!/out of memory/.test(error.message)) throw error
  }
  home.failAllocations(0)
  globalThis.gc()
  const { storages, live } = memory()
  return { heap: process.memoryUsage().heapUsed, storages, live, rest: resident().rest }
}

train(steps / 5)
const before = held()
train(steps - steps / 5)
const after = held()
process.stdout.write(JSON.stringify({ samples, stepBytes, loss, before, after }))
