import { type data, functional as F, data as library, manualSeed, nn, optim, tensor } from '../../lib/index.ts'
import type { FitOptions } from '../../lib/train/index.ts'
import { uniform } from '../support/data.ts'

/** Points of a square in four quadrants: what a small network learns in a few epochs. */
export function quadrants(count: number, seed: number): data.TensorDataset {
  const points = uniform(2 * count, seed)
  const labels = Int32Array.from(
    { length: count },
    (_, i) => (points[2 * i] > 0 ? 1 : 0) + (points[2 * i + 1] > 0 ? 2 : 0),
  )
  return new library.TensorDataset([tensor(points, { shape: [count, 2] }), tensor(labels)])
}

/** A network with everything that has a state: batch norm, dropout, momentum; the same for the same seed. */
export function problem(options: Partial<FitOptions> = {}, { size = 96, lr = 0.1 } = {}) {
  manualSeed(3)
  const model = new nn.Sequential(
    new nn.Linear(2, 16),
    new nn.BatchNorm1d(16),
    new nn.ReLU(),
    new nn.Dropout({ p: 0.2 }),
    new nn.Linear(16, 4),
  )
  const optimizer = new optim.SGD(model.parameters(), { lr, momentum: 0.9 })
  const train = new library.DataLoader(quadrants(size, 1), { batchSize: 16, shuffle: true, seed: 5 })
  const validation = new library.DataLoader(quadrants(40, 2), { batchSize: 16 })
  const settings: FitOptions = {
    ...{ train, validation, optimizer, loss: F.crossEntropy, epochs: 3, seed: 7, verbose: false },
    ...options,
  }
  return { model, optimizer, settings }
}

/** All of a model's state as bytes. */
export function bitsOf(model: nn.Module): Record<string, string> {
  const entries = Object.entries(model.stateDict()).map(([name, one]) => {
    const { buffer, byteOffset, byteLength } = one.toTypedArray()
    return [name, Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('hex')]
  })
  return Object.fromEntries(entries)
}
