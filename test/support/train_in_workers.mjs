// Trains a small network on the addon alone, then in two worker threads and the main one at once, then in two more
// workers, and prints as JSON whether all weights came out the same. Usage: node train_in_workers.mjs
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { functional as F, manualSeed, nn, optim, randint, randn } from 'strided'

/** Weights after 20 steps from a fixed seed. */
function train() {
  manualSeed(7)
  const model = new nn.Sequential(
    new nn.Conv2d(1, 16, 3, { padding: 1 }),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.Conv2d(16, 16, 3, { padding: 1 }),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(16 * 36, 10),
  )
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 })
  const [input, target] = [randn([32, 1, 12, 12]), randint(0, 10, [32])]
  for (let step = 0; step < 20; step++) {
    optimizer.zeroGrad()
    F.crossEntropy(model.forward(input), target).backward()
    optimizer.step()
  }
  return [...model.parameters()].flatMap((parameter) => [...parameter.toTypedArray()])
}

function start() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url))
    worker.on('message', resolve)
    worker.on('error', reject)
  })
}

async function main() {
  const alone = train()
  const first = [start(), start()]
  const together = train()
  // The last two start when the addon has been closed by the first ones.
  const runs = [together, ...(await Promise.all(first)), ...(await Promise.all([start(), start()]))]
  const equal = runs.map((run) => run.every((value, i) => Object.is(value, alone[i])))
  process.stdout.write(JSON.stringify({ length: alone.length, equal }))
}

if (isMainThread) await main()
else parentPort.postMessage(train())
