// Ends training runs by SIGKILL at random moments, lets each go on until it is done, and compares its weights and curves with those
// of a run that was left alone: `npm run test:kill -- [POINTS] [SEED]`.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { data } from '../../lib/index.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** Long enough to be killed several times: three steps an epoch, each with a checkpoint that is flushed to disk. */
const EPOCHS = 60

/** Milliseconds behind the first step within which a process is killed; a step takes about three. */
const LIFE = 250

/** What a process left behind: the hash it printed, or null when it was killed before. */
export function runChild(folder: string, epochs: number, killAfter: number | null): Promise<string | null> {
  const child = spawn(process.execPath, ['test/support/fit_child.mjs', folder, String(epochs)], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  let errors = ''
  child.stderr.on('data', (bytes) => {
    errors += bytes
  })
  child.stdout.on('data', (bytes) => {
    const first = text === ''
    text += bytes
    if (first && killAfter !== null) setTimeout(() => child.kill('SIGKILL'), killAfter)
  })
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL' && !text.includes('done')) resolve(null)
      else if (code === 0 || text.includes('done')) resolve(/done (\w+)/.exec(text)?.[1] ?? null)
      else reject(new Error(`the run failed: ${errors}`))
    })
  })
}

/** Kills runs at `points` moments in all; what came of it. */
export async function killRuns(points: number, seed: number, epochs = EPOCHS) {
  const root = mkdtempSync(join(tmpdir(), 'strided-kill-'))
  try {
    const expected = await runChild(join(root, 'whole'), epochs, null)
    const random = new data.Generator(seed)
    const hashes: (string | null)[] = []
    let kills = 0
    let leftovers = 0
    for (let run = 0; kills < points; run++) {
      const folder = join(root, `run-${run}`)
      let hash: string | null = null
      while (hash === null) {
        hash = await runChild(folder, epochs, kills < points ? random.uniform(0, LIFE) : null)
        if (hash === null) kills++
      }
      hashes.push(hash)
      leftovers += readdirSync(folder).filter((name) => name.endsWith('.tmp')).length
    }
    // A file that was being written when its process died stays behind under its temporary name.
    return { expected, hashes, kills, leftovers }
  } finally {
    rmSync(root, { recursive: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [points = '20', seed = '1'] = process.argv.slice(2)
  const { expected, hashes, kills, leftovers } = await killRuns(Number(points), Number(seed))
  const same = hashes.filter((hash) => hash === expected).length
  process.stdout.write(
    `${kills} kills in ${hashes.length} runs, ${leftovers} of them while a file was being written; ` +
      `${same} of ${hashes.length} runs ended with the bits of the one that was left alone\n`,
  )
  process.exitCode = same === hashes.length ? 0 : 1
}
