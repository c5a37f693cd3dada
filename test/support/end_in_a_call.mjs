// Ends worker threads in the middle of native calls, plain and queued, then trains here: the process must still be there,
// with the right bits. Prints JSON. With `exit`, ends the whole process while calls are queued.
// Usage: end_in_a_call.mjs workers|exit COUNT
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { functional as F, manualSeed, nn, optim, randint, randn, runAsync } from 'strided'

/** Weights after a few steps from a fixed seed. */
function train() {
  manualSeed(7)
  const model = new nn.Sequential(
    new nn.Conv2d(1, 16, 3),
    new nn.BatchNorm2d(16),
    new nn.Flatten(),
    new nn.LazyLinear(10),
  )
  const [input, target] = [randn([16, 1, 12, 12]), randint(0, 10, [16])]
  model.forward(input)
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 })
  for (let step = 0; step < 5; step++) {
    optimizer.zeroGrad()
    F.crossEntropy(model.forward(input), target).backward()
    optimizer.step()
  }
  return [...model.parameters()].flatMap((parameter) => [...parameter.toTypedArray()])
}

/** Products that take a while, without end. */
function keepBusy() {
  const [a, b] = [randn([400, 400]), randn([400, 400])]
  parentPort.postMessage('busy')
  for (;;) a.matmul(b).dispose()
}

async function keepQueueBusy() {
  const [a, b] = [randn([400, 400]), randn([400, 400])]
  for (let i = 0; ; i++) {
    const done = runAsync(() => {
      for (let j = 0; j < 20; j++) a.matmul(b).dispose()
    })
    if (i === 0) parentPort.postMessage('busy')
    await done
  }
}

async function endWorkers(count) {
  const before = train()
  const codes = []
  for (let i = 0; i < count; i++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: i % 2 === 0 ? 'plain' : 'queued' })
    await new Promise((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    codes.push(await worker.terminate())
  }
  process.stdout.write(JSON.stringify({ codes, same: train().every((value, i) => Object.is(value, before[i])) }))
}

if (!isMainThread) await (workerData === 'plain' ? keepBusy() : keepQueueBusy())
else if (process.argv[2] === 'workers') await endWorkers(Number(process.argv[3]))
else {
  const [a, b] = [randn([600, 600]), randn([600, 600])]
  void runAsync(() => {
    for (let i = 0; i < 50; i++) a.matmul(b).dispose()
  })
  process.stdout.write('queued', () => process.exit(7))
}
