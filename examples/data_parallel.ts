// Trains one network on all ranks of an MPI job, or in this process where there is none.
//
//   npx tsx examples/data_parallel.ts
//   mpirun -n 2 npx tsx examples/data_parallel.ts
//
// The same script either way: each rank draws its own part of every epoch, gradients are averaged while backward goes on, batch norms
// see the batches of all ranks, and rank 0 shows and saves. Killed, it goes on from its checkpoint, on any number of ranks.
import {
  convertSyncBatchNorm,
  DistributedDataParallel,
  DistributedSampler,
  data,
  distributed,
  functional as F,
  fit,
  manualSeed,
  models,
  optim,
} from '../lib/index.ts'

/** Samples of a step over all ranks, which keeps the learning rate right for any number of them. */
const BATCH = 64

const [images = '4000', epochs = '2', folder = 'runs/data_parallel'] = process.argv.slice(2)
const { rank, size, family } = distributed.init()
manualSeed(0)
const model = new DistributedDataParallel(convertSyncBatchNorm(models.bnLeNet()))
const train = new data.SyntheticDigits({ size: Number(images) })
const test = new data.SyntheticDigits({ size: Math.ceil(Number(images) / 10), train: false })
const loaderOf = (dataset: data.SyntheticDigits, shuffle: boolean) =>
  new data.DataLoader(dataset, {
    batchSize: Math.ceil(BATCH / size),
    sampler: new DistributedSampler(dataset.length, { shuffle }),
    seed: 0,
  })
const run = await fit(model, {
  train: loaderOf(train, true),
  validation: loaderOf(test, false),
  loss: F.crossEntropy,
  optimizer: new optim.SGD(model.parameters(), { lr: 0.02, momentum: 0.9 }),
  epochs: Number(epochs),
  metrics: ['accuracy'],
  checkpoints: folder,
  resume: true,
  seed: 0,
})
if (rank === 0) {
  const { accuracy } = run.history.at(-1)!.validation!.metrics
  const where = family === null ? 'in one process' : `on ${size} ranks with ${family}`
  console.log(`${(100 * (accuracy as number)).toFixed(1)} % of new digits right, trained ${where}`)
}
