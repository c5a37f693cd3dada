// Trains for a long time and checks that nothing grows and nothing slows down.
//
// `npm run soak -- --model small|resNet18 [--steps N] [--loop sync|async|mixed] [--seed N] [--slack MB] [--strict]`
//
// Batch sizes and image sizes vary from step to step, every fourth step only evaluates (under noGrad), and every
// hundredth throws in the middle. Prints one line for each tenth of the steps and a summary. Ends with code 1 when the
// most memory that was resident grew by more than 2 % over the last four fifths (and by more than the slack: 4 MB by
// default; a short run, which has not settled, takes more), when handles grew, and with `--strict` when the last
// tenth was more than 5 % slower than the first: that needs a machine with nothing else to do.
import { parseArgs } from 'node:util'
import {
  functional as F,
  manualSeed,
  memory,
  models,
  nn,
  noGrad,
  optim,
  randint,
  randn,
  runAsync,
} from '../../lib/index.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'small' },
    steps: { type: 'string', default: '2000' },
    loop: { type: 'string', default: 'mixed' },
    seed: { type: 'string', default: '1' },
    slack: { type: 'string', default: '4' },
    strict: { type: 'boolean', default: false },
  },
})

const steps = Number(values.steps)
const residual = values.model === 'resNet18'
if (!residual && values.model !== 'small') throw new Error(`--model: expected small or resNet18, got ${values.model}`)
if (!['sync', 'async', 'mixed'].includes(values.loop)) {
  throw new Error(`--loop: expected sync, async or mixed, got ${values.loop}`)
}
if (!Number.isInteger(steps) || steps < 100) throw new Error(`--steps: expected at least 100, got ${values.steps}`)

manualSeed(Number(values.seed))
const model: nn.Module = residual
  ? models.resNet18({ numClasses: 10 })
  : new nn.Sequential(
      new nn.Conv2d(3, 8, 3, { padding: 1 }),
      new nn.BatchNorm2d(8),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Dropout({ p: 0.1 }),
      new nn.Conv2d(8, 16, 3),
      new nn.SiLU(),
      new nn.AdaptiveAvgPool2d(2),
      new nn.Flatten(),
      new nn.Linear(64, 10),
    )
const optimizer = new optim.SGD(model.parameters(), { lr: 0.001, momentum: 0.9 })
const BATCHES = residual ? [4, 3, 8, 2] : [8, 3, 16, 1]
const SIZES = residual ? [32, 48, 40] : [8, 12, 9, 16, 7]

class Planned extends Error {}

/** One step; what it does follows from its number alone. */
function step(number: number): void {
  const batch = BATCHES[number % BATCHES.length]
  const size = SIZES[number % SIZES.length]
  const input = randn([batch, 3, size, size])
  const target = randint(0, 10, [batch])
  if (number % 4 === 3) {
    noGrad(() => F.crossEntropy(model.forward(input), target))
    return
  }
  optimizer.zeroGrad()
  const output = model.forward(input)
  if (number % 100 === 50) {
    // In the middle of backward: half of the gradients are there, the tape is half released.
    output.registerHook(() => {
      throw new Planned()
    })
  }
  F.crossEntropy(output, target).backward()
  optimizer.step()
}

interface Tenth {
  seconds: number
  rss: number
  handles: number
  live: number
}

const handles = (): number => process.getActiveResourcesInfo().length

async function tenth(first: number, count: number): Promise<Tenth> {
  const start = performance.now()
  let failures = 0
  let rss = 0
  for (let number = first; number < first + count; number++) {
    const queued = values.loop === 'async' || (values.loop === 'mixed' && number % 2 === 1)
    try {
      if (queued) await runAsync(() => step(number))
      else step(number)
    } catch (error) {
      if (!(error instanceof Planned)) throw error
      failures++
    }
    if (number % 16 === 0) rss = Math.max(rss, process.memoryUsage.rss())
    // A loop without any turn would hold back what other parts of the program do.
    if (!queued && number % 64 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const seconds = (performance.now() - start) / 1000
  const result = { seconds, rss, handles: handles(), live: memory().live }
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
  console.log(
    `step ${first + count}: ${((1000 * seconds) / count).toFixed(3)} ms a step, resident ${megabytes(result.rss)}, ` +
      `live ${megabytes(result.live)}, ${result.handles} handles, ${failures} planned errors`,
  )
  return result
}

const size = Math.floor(steps / 10)
// Compiled and warmed up before the clock runs, and until garbage was taken back for the first time: up to then memory
// grows to its budget.
for (let before = -1; ; ) {
  const { live } = await tenth(0, 200)
  if (live < before) break
  before = live
}
const tenths: Tenth[] = []
for (let i = 0; i < 10; i++) tenths.push(await tenth(i * size, size))

const settled = Math.max(tenths[1].rss, tenths[2].rss)
const growth = tenths[9].rss - settled
const slower = tenths[9].seconds / tenths[0].seconds - 1
const grew = growth > Math.max(0.02 * settled, Number(values.slack) * 1e6)
// One or two come and go with the output; what a step leaves behind would be hundreds.
const leaked = tenths[9].handles > tenths[1].handles + 2
const slowed = slower > 0.05
console.log(
  `${values.model}, ${values.loop}, ${10 * size} steps: resident memory ${growth > 0 ? '+' : ''}${(growth / 1e6).toFixed(1)} MB ` +
    `(${((100 * growth) / settled).toFixed(2)} %) over the last four fifths, ${tenths[9].handles} handles, last tenth ` +
    `${Math.abs(100 * slower).toFixed(1)} % ${slower > 0 ? 'slower' : 'faster'} than the first: ${grew || leaked || (slowed && values.strict) ? 'FAILED' : 'held'}`,
)
process.exitCode = grew || leaked || (slowed && values.strict) ? 1 : 0
