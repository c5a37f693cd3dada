// Trains and evaluates for a long time and checks that nothing grows and nothing slows down.
//
// `npm run soak -- [--model small|resNet18] [--steps N] [--loop sync,async,sync-no-grad,async-no-grad] [--seed N] [--slack MB]
// [--strict]`
//
// Each loop runs in a process of its own and is judged alone. Batch sizes and image sizes vary from step to step, and every
// hundredth step throws in the middle of its backward, or of its forward under noGrad. Prints one line for each tenth of the
// steps and a summary. Ends with code 1 when the most memory that was resident beside V8's heap grew by more than 2 % over the
// last four fifths (and by more than the slack: 4 MB by default; a short run, which has not settled, takes more), when handles
// grew, when tensors or objects are left after a full collection that were not there before, and with `--strict` when the steps
// of the last tenth took, in the median, more than 5 % longer than those of the first: that needs a machine with nothing else
// to do. V8's heap is judged by what is left in it: how much garbage it lets pile up is its own choice.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { judge, type LongRun, megabytes, type Tenth } from './judge.ts'
import { LOOPS, MODELS } from './work.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'small' },
    steps: { type: 'string', default: '2000' },
    loop: { type: 'string', default: LOOPS.join(',') },
    seed: { type: 'string', default: '1' },
    slack: { type: 'string', default: '4' },
    strict: { type: 'boolean', default: false },
  },
})

const steps = Number(values.steps)
const loops = values.loop.split(',')
if (!(MODELS as readonly string[]).includes(values.model)) {
  throw new Error(`--model: expected ${MODELS.join(' or ')}, got ${values.model}`)
}
const unknown = loops.find((loop) => !(LOOPS as readonly string[]).includes(loop))
if (unknown !== undefined) throw new Error(`--loop: expected some of ${LOOPS.join(', ')}, got ${unknown}`)
if (!Number.isInteger(steps) || steps < 1000) throw new Error(`--steps: expected at least 1000, got ${values.steps}`)

function show({ seconds, pace, rss, heap, live, pooled, handles, failures }: Tenth, number: number): void {
  console.log(
    `  ${number} %: ${((10_000 * seconds) / steps).toFixed(3)} ms a step (median ${pace.toFixed(3)}), resident ${megabytes(rss)}, ` +
      `heap ${megabytes(heap)}, live ${megabytes(live)}, pooled ${megabytes(pooled)}, ${handles} handles, ${failures} planned errors`,
  )
}

/** Runs one loop to its end; null when its process failed. */
function run(loop: string): Promise<LongRun | null> {
  const script = fileURLToPath(new URL('loop.ts', import.meta.url))
  const args = ['--expose-gc', '--import', 'tsx', script, values.model, loop, values.steps, values.seed]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let result: LongRun | null = null
  let number = 0
  createInterface({ input: child.stdout }).on('line', (line) => {
    const report = JSON.parse(line) as Tenth | LongRun
    if ('tenths' in report) result = report
    else show(report, 10 * ++number)
  })
  return new Promise((resolve) => child.on('close', (code) => resolve(code === 0 ? result : null)))
}

for (const loop of loops) {
  console.log(`${values.model}, ${loop}:`)
  const result = await run(loop)
  const { faults, text } =
    result === null
      ? { faults: ['the process failed'], text: 'no result' }
      : judge(result, { slack: Number(values.slack) * 1e6, strict: values.strict })
  console.log(`${values.model}, ${loop}, ${text}: ${faults.length === 0 ? 'held' : `FAILED, ${faults.join(', ')}`}`)
  if (faults.length > 0) process.exitCode = 1
}
