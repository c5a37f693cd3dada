// Measures how long the event loop is held up while ResNet-18 trains: in a plain loop, with runAsync, and by fit.
//
// `npm run test:responsive -- [--steps N] [--batch N] [--limit MS] [--short]`
//
// Ends with code 1 when runAsync or fit held the loop up for longer than the limit, 20 ms by default, or when the loops, which
// start from the same seed, did not end with the same bits. With `--short` there are few steps and no limit: on a machine with
// other things to do the figures say little.
import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { functional as F, fit, manualSeed, models, optim, randint, randn, runAsync } from '../../lib/index.ts'

const { values } = parseArgs({
  options: {
    steps: { type: 'string' },
    batch: { type: 'string', default: '32' },
    limit: { type: 'string' },
    short: { type: 'boolean', default: false },
  },
})
const steps = Number(values.steps ?? (values.short ? 6 : 100))
const batch = Number(values.batch)
const limit = Number(values.limit ?? (values.short ? Number.POSITIVE_INFINITY : 20))
/** Compiled before anything is measured. */
const WARM_UP = 3

function problem() {
  manualSeed(1)
  const model = models.resNet18({ numClasses: 10 })
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
  return { model, optimizer, batch: [randn([batch, 3, 32, 32]), randint(0, 10, [batch])] as const }
}

type Problem = ReturnType<typeof problem>
/** Trains so many steps and one turn of the event loop after each, with `begin` after the first few. */
type Training = (problem: Problem, begin: () => void) => Promise<void>

function step({ model, optimizer, batch: [input, target] }: Problem): void {
  optimizer.zeroGrad()
  F.crossEntropy(model.forward(input), target).backward()
  optimizer.step()
}

const loop =
  (run: (step: () => void) => void | Promise<void>): Training =>
  async (problem, begin) => {
    for (let i = -WARM_UP; i < steps; i++) {
      if (i === 0) begin()
      await run(() => step(problem))
      await setImmediate()
    }
  }

const byFit: Training = async ({ model, optimizer, batch }, begin) => {
  const train = { length: WARM_UP + steps, [Symbol.iterator]: () => new Array(WARM_UP + steps).fill(batch).values() }
  const onStep = (info: { step: number }): void => {
    if (info.step === WARM_UP) begin()
  }
  await fit(model, {
    train,
    optimizer,
    loss: F.crossEntropy,
    epochs: 1,
    callbacks: [{ onStep }],
    verbose: false,
    async: true,
  })
}

/** Trains and returns the longest delay in milliseconds, and a fingerprint of the weights. */
async function measure(name: string, training: Training): Promise<[number, string]> {
  const made = problem()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let collection = 0
  const collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collection = Math.max(collection, duration)
  })
  let start = 0
  await training(made, () => {
    collections.observe({ entryTypes: ['gc'] })
    delay.enable()
    start = performance.now()
  })
  const milliseconds = (performance.now() - start) / steps
  delay.disable()
  await setImmediate()
  collections.disconnect()
  const longest = delay.max / 1e6
  console.log(
    `${name}: ${milliseconds.toFixed(1)} ms a step, event loop delayed by at most ${longest.toFixed(1)} ms ` +
      `(99th percentile ${(delay.percentile(99) / 1e6).toFixed(1)} ms; longest garbage collection ${collection.toFixed(1)} ms)`,
  )
  const sums = [...made.model.parameters()].map((parameter) => parameter.detach().abs().sum().item())
  return [longest, sums.join(' ')]
}

const [, plain] = await measure(
  'plain loop',
  loop((fn) => fn()),
)
for (const [name, training] of [
  ['runAsync', loop(runAsync)],
  ['fit', byFit],
] as const) {
  const [longest, bits] = await measure(name, training)
  if (bits !== plain) {
    console.log(`${name} ended with other bits than the plain loop: FAILED`)
    process.exitCode = 1
  }
  if (!(longest <= limit)) {
    console.log(`${name} delayed the event loop by more than ${limit} ms: FAILED`)
    process.exitCode = 1
  }
}
