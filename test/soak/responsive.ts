// Measures how long the event loop is held up while ResNet-18 trains, in a plain loop and with runAsync.
//
// `npm run test:responsive -- [--steps N] [--batch N] [--limit MS]`
//
// With `--limit` it ends with code 1 when a step by runAsync held the loop up for longer; without, figures are all it
// gives: they depend on what else the machine does. Both loops start from the same seed and must end with the same bits.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { functional as F, manualSeed, models, optim, randint, randn, runAsync, type Tensor } from '../../lib/index.ts'

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '20' },
    batch: { type: 'string', default: '32' },
    limit: { type: 'string' },
  },
})
const [steps, batch] = [Number(values.steps), Number(values.batch)]

/** Trains and returns the worst delay in milliseconds, and a fingerprint of the weights. */
async function measure(name: string, run: (step: () => Tensor) => Tensor | Promise<Tensor>): Promise<[number, string]> {
  manualSeed(1)
  const model = models.resNet18({ numClasses: 10 })
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
  const [input, target] = [randn([batch, 3, 32, 32]), randint(0, 10, [batch])]
  const step = (): Tensor => {
    optimizer.zeroGrad()
    const loss = F.crossEntropy(model.forward(input), target)
    loss.backward()
    optimizer.step()
    return loss
  }
  // Compiled before anything is measured.
  for (let i = 0; i < 3; i++) await run(step)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  await setImmediate()
  delay.enable()
  const start = performance.now()
  let loss = 0
  for (let i = 0; i < steps; i++) {
    loss = Number((await run(step)).item())
    await setImmediate()
  }
  const milliseconds = (performance.now() - start) / steps
  delay.disable()
  const worst = delay.max / 1e6
  const fingerprint = [...model.parameters()].map((parameter) => parameter.detach().abs().sum().item()).join(' ')
  console.log(
    `${name}: ${milliseconds.toFixed(1)} ms a step, event loop delayed by at most ${worst.toFixed(1)} ms ` +
      `(99th percentile ${(delay.percentile(99) / 1e6).toFixed(1)} ms), loss ${loss}`,
  )
  return [worst, `${loss} ${fingerprint}`]
}

const [, plain] = await measure('plain loop', (step) => step())
const [worst, queued] = await measure('runAsync', (step) => runAsync(step))
if (plain !== queued) {
  console.log('the two loops ended with different bits: FAILED')
  process.exitCode = 1
}
if (values.limit !== undefined && !(worst <= Number(values.limit))) {
  console.log(`runAsync delayed the event loop by more than ${values.limit} ms: FAILED`)
  process.exitCode = 1
}
