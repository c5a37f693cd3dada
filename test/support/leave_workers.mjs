// Leaves a loop over a loader with slow workers after its first batch, and ends: nothing keeps the process alive.
// Usage: node leave_workers.mjs
import { data } from 'strided'
import { Drawing } from './worker_datasets.mjs'

const loader = new data.DataLoader(new Drawing(1000, { slow: 20 }), { batchSize: 10, workers: 2 })
for await (const [indices] of loader) {
  console.log(indices.toArray().length)
  break
}
