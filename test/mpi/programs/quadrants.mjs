// Points in the plane, whose class is their quadrant, a small network for them, and how every rank gets its part.
import {
  convertSyncBatchNorm,
  DistributedDataParallel,
  DistributedSampler,
  data,
  functional as F,
  manualSeed,
  nn,
  optim,
  rand,
  tensor,
} from 'strided'

manualSeed(3)
const points = rand([480, 2]).sub(0.5)
const labels = Int32Array.from({ length: 480 }, (_, i) => {
  const [x, y] = points.toTypedArray().subarray(2 * i, 2 * i + 2)
  return (x > 0 ? 1 : 0) + (y > 0 ? 2 : 0)
})
const dataset = new data.TensorDataset([points, tensor(labels)])

/** A model and what `fit` needs for it, with `batch` samples on each rank. */
export function quadrants(batch) {
  const net = new nn.Sequential(new nn.Linear(2, 16), new nn.BatchNorm1d(16), new nn.ReLU(), new nn.Linear(16, 4))
  const model = new DistributedDataParallel(convertSyncBatchNorm(net), { deterministic: true })
  const loaderOf = (options) =>
    new data.DataLoader(dataset, {
      batchSize: batch,
      seed: 2,
      sampler: new DistributedSampler(dataset.length, options),
    })
  const options = {
    train: loaderOf({ seed: 2 }),
    validation: loaderOf({ shuffle: false }),
    loss: F.crossEntropy,
    optimizer: new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }),
    metrics: ['accuracy', 'confusionMatrix'],
  }
  return { net, model, options }
}
