// A run of fit on all ranks: `fit.mjs FOLDER EPOCHS BATCH [KILL]`, with batches of BATCH samples on each; rank 1 dies at step KILL. Ends
// with a hash of the weights and the history.
import { createHash } from 'node:crypto'
import { distributed, fit, optim } from 'strided'
import { quadrants } from './quadrants.mjs'

const [folder, epochs, batch, kill] = process.argv.slice(2)
const { rank } = distributed.init()
const { net, model, options } = quadrants(Number(batch))
const callback = {
  onStep({ step }) {
    if (rank !== 1 || step !== Number(kill)) return
    process.stdout.write(`rank 1 is pid ${process.pid}\n`)
    process.kill(process.pid, 'SIGKILL')
  },
}
const run = await fit(model, {
  ...options,
  scheduler: new optim.ReduceLROnPlateau(options.optimizer, { patience: 0 }),
  epochs: Number(epochs),
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
