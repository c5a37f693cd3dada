// Random calls of the public API, legal and illegal, against the reference: npm run fuzz -- --minutes N --seed S, or with
// --rounds N in place of minutes the same programs on every machine.
// Every finding is printed with the string that reproduces it: npm run fuzz -- --problem 'STRING'.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checkProgram } from './check_program.ts'
import { parseProgram } from './program.ts'
import { families } from './programs/index.ts'
import { type Report, ROUNDS } from './search.ts'

/** A search that says nothing for so long hangs: a family's turn takes seconds. */
const SILENCE_MS = 180_000

interface Totals {
  done: number
  refused: number
  findings: string[]
}

/** How long to search. */
interface Length {
  rounds: number
  end: number
}

/** One child process: how it ended, with the program that it was at. */
function runSearch(
  names: readonly string[],
  seed: number,
  { rounds, end }: Length,
  totals: Totals,
): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), 'strided-fuzz-'))
  const current = join(folder, 'current')
  const script = fileURLToPath(new URL('search.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', script, names.join(','), String(seed), String(rounds), String(end), current],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let hung = false
  const silence = setTimeout(() => {
    hung = true
    child.kill('SIGKILL')
  }, SILENCE_MS)
  createInterface({ input: child.stdout }).on('line', (line) => {
    silence.refresh()
    take(JSON.parse(line) as Report, totals)
  })
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(silence)
      const at = code === 0 ? null : readFileSync(current, 'utf8').split('\n')[0]
      rmSync(folder, { recursive: true })
      resolve(at === null ? null : `${hung ? 'hangs' : `ends the process (${signal ?? code})`}\n  ${at}`)
    })
  })
}

function take(report: Report, totals: Totals): void {
  if (report.kind === 'progress') {
    totals.done += report.done
    totals.refused += report.refused
  } else {
    finding(`${report.family}: ${report.message}\n  ${report.problem}`, totals)
  }
}

function finding(text: string, totals: Totals): void {
  totals.findings.push(text)
  process.stdout.write(`finding ${totals.findings.length}: ${text}\n`)
}

async function fuzz(minutes: number, rounds: number, seed: number, names: readonly string[]): Promise<void> {
  const unknown = names.find((name) => !Object.hasOwn(families, name))
  if (unknown !== undefined)
    throw new Error(`--family: expected some of ${Object.keys(families).join(', ')}, got ${unknown}`)
  const totals: Totals = { done: 0, refused: 0, findings: [] }
  const start = Date.now()
  const end = start + minutes * 60_000
  for (let run = 0; run * ROUNDS < rounds && (run === 0 || Date.now() < end); run++) {
    const length = { rounds: Math.min(ROUNDS, rounds - run * ROUNDS), end }
    const fatal = await runSearch(names, seed + run * 1000, length, totals)
    if (fatal !== null) finding(fatal, totals)
  }
  const { done, refused, findings } = totals
  const seconds = ((Date.now() - start) / 1000).toFixed(0)
  process.stdout.write(
    `${done + refused} configurations in ${seconds} s from seed ${seed}: ${done} agreed with the reference, ` +
      `${refused} were refused; ${findings.length} findings\n`,
  )
  process.exitCode = findings.length === 0 ? 0 : 1
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    rounds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    family: { type: 'string', default: Object.keys(families).join(',') },
    problem: { type: 'string' },
  },
})
const { minutes = values.rounds === undefined ? '1' : 'Infinity', rounds = 'Infinity' } = values
if (values.problem === undefined) {
  await fuzz(Number(minutes), Number(rounds), Number(values.seed), values.family.split(','))
} else process.stdout.write(`${checkProgram(parseProgram(values.problem))}\n`)
