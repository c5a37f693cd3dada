// A run in a process of its own, for tests that end it from outside: `fit_child.mjs FOLDER EPOCHS [PAUSE]`. Says "ready" behind its
// first step and a hash of all weights and curves at its end; pauses that many milliseconds behind each step.
import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { data, functional as F, fit, manualSeed, nn, optim, rand, randint } from 'strided'

const [folder, epochs, pause] = process.argv.slice(2)

// Everything that has a state: batch norm, dropout, momentum, a schedule, a shuffled loader, the best weights.
manualSeed(3)
const model = new nn.Sequential(
  new nn.Linear(2, 16),
  new nn.BatchNorm1d(16),
  new nn.ReLU(),
  new nn.Dropout({ p: 0.2 }),
  new nn.Linear(16, 4),
)
const dataset = new data.TensorDataset([rand([96, 2]), randint(0, 4, [96])])
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
let ready = false
const callback = {
  async onStep() {
    if (!ready) process.stdout.write('ready\n')
    ready = true
    if (pause !== undefined) await setTimeout(Number(pause))
  },
}
const run = await fit(model, {
  train: new data.DataLoader(dataset, { batchSize: 16, shuffle: true, seed: 5 }),
  validation: new data.DataLoader(dataset, { batchSize: 32 }),
  loss: F.crossEntropy,
  optimizer,
  scheduler: new optim.CosineAnnealingLR(optimizer, 3 * Number(epochs)),
  schedulerInterval: 'step',
  epochs: Number(epochs),
  metrics: ['accuracy'],
  accumulate: 2,
  earlyStopping: { patience: 1000 },
  checkpoints: { dir: folder, everySteps: 1 },
  resume: true,
  callbacks: [callback],
  verbose: pause !== undefined,
})
const hash = createHash('sha256').update(JSON.stringify(run.steps))
for (const [name, tensor] of Object.entries(model.stateDict())) hash.update(name).update(tensor.toTypedArray())
process.stdout.write(`done ${hash.digest('hex')}\n`)
