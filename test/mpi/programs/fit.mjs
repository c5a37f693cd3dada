// A run of fit on all ranks: `fit.mjs FOLDER EPOCHS BATCH [KILL]`, with batches of BATCH samples on each; rank 1 dies at step KILL. Ends
// with a hash of the weights and the history.
import { createHash } from 'node:crypto'
import {
  convertSyncBatchNorm,
  DistributedDataParallel,
  DistributedSampler,
  data,
  distributed,
  functional as F,
  fit,
  manualSeed,
  nn,
  optim,
  rand,
  tensor,
} from 'strided'

const [folder, epochs, batch, kill] = process.argv.slice(2)
const { rank } = distributed.init()

// Points in the plane, whose class is their quadrant.
manualSeed(3)
const points = rand([480, 2]).sub(0.5)
const labels = Int32Array.from({ length: 480 }, (_, i) => {
  const [x, y] = points.toTypedArray().subarray(2 * i, 2 * i + 2)
  return (x > 0 ? 1 : 0) + (y > 0 ? 2 : 0)
})
const dataset = new data.TensorDataset([points, tensor(labels)])
const net = new nn.Sequential(new nn.Linear(2, 16), new nn.BatchNorm1d(16), new nn.ReLU(), new nn.Linear(16, 4))
const model = new DistributedDataParallel(convertSyncBatchNorm(net), { deterministic: true })
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
const loaderOf = (options) =>
  new data.DataLoader(dataset, {
    batchSize: Number(batch),
    seed: 2,
    sampler: new DistributedSampler(dataset.length, options),
  })
const callback = {
  onStep({ step }) {
    if (rank !== 1 || step !== Number(kill)) return
    process.stdout.write(`rank 1 is pid ${process.pid}\n`)
    process.kill(process.pid, 'SIGKILL')
  },
}
const run = await fit(model, {
  train: loaderOf({ seed: 2 }),
  validation: loaderOf({ shuffle: false }),
  loss: F.crossEntropy,
  optimizer,
  scheduler: new optim.ReduceLROnPlateau(optimizer, { patience: 0 }),
  epochs: Number(epochs),
  metrics: ['accuracy', 'confusionMatrix'],
  earlyStopping: { patience: 100 },
  checkpoints: { dir: folder, everySteps: 3 },
  resume: true,
  callbacks: [callback],
})
model.checkParameters()
const hash = createHash('sha256').update(JSON.stringify(run.steps))
for (const [name, value] of Object.entries(net.stateDict())) hash.update(name).update(value.toTypedArray())
const hashes = distributed.allGatherObject(hash.digest('hex').slice(0, 16))
if (rank === 0) {
  const { loss, metrics } = run.history.at(-1).validation
  const samples = metrics.confusionMatrix.flat().reduce((sum, count) => sum + count)
  console.log(`done ${[...new Set(hashes)].join(' ')} ${loss} ${metrics.accuracy} ${samples}`)
}
