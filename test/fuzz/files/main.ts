// Damages files of every kind that the library reads and reads them, and writes ONNX files of models that often make no sense:
// npm run fuzz:files -- --minutes N --seed S, or with --rounds N in place of minutes the same files on every machine.
// A file must be read, or refused with an error of the library, without asking at once for more memory than twice its size; a
// model must be refused, or written as a file that ONNX Runtime loads and that computes what has the shapes of the model's own.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { StridedError } from '../../../lib/index.ts'
import { watchAllocations } from './allocations.ts'
import { type Kind, kinds } from './kinds.ts'
import { type Mutation, mutate, mutation } from './mutate.ts'
import { onnxInputs } from './onnx.ts'

/** What streams, and readers of compressed files, take however small a file is. */
const SLACK = 2 ** 17

/** Milliseconds after which reading a file of some kilobytes counts as hanging. */
const PATIENCE_MS = 20_000

/** Mutations of a kind before the next one's turn. */
const RUNS = 100

interface Totals {
  read: number
  refused: number
  findings: number
}

/** Reads a damaged file: whether it was read, or refused as it should be. */
async function readDamaged(kind: Kind, path: string, bytes: Buffer): Promise<'read' | 'refused'> {
  writeFileSync(path, bytes)
  let verdict: 'read' | 'refused' = 'read'
  const begin = performance.now()
  const largest = await watchAllocations(async () => {
    try {
      await kind.load(path)
    } catch (error) {
      if (!(error instanceof StridedError)) throw error
      verdict = 'refused'
    }
  })
  const most = 2 * Math.max(bytes.length, kind.unpacked ?? 0) + SLACK
  if (largest > most) throw new Error(`${largest} bytes were asked for at once, ${most} are allowed`)
  const took = performance.now() - begin
  if (took > PATIENCE_MS) throw new Error(`reading took ${(took / 1000).toFixed(0)} s`)
  return verdict
}

/** Damaged files of a kind. */
async function damagedFiles(name: string, folder: string, totals: Totals): Promise<fc.IAsyncProperty<unknown>> {
  const kind = kinds[name]
  const path = join(folder, kind.file)
  mkdirSync(dirname(path), { recursive: true })
  kind.save(path)
  const whole = readFileSync(path)
  await kind.load(path)
  const damaged = (changes: readonly Mutation[]): Buffer => changes.reduce(mutate, whole)
  return fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (changes) => {
    totals[await readDamaged(kind, path, damaged(changes))]++
  }) as fc.IAsyncProperty<unknown>
}

async function fuzzKind(name: string, folder: string, seed: number, totals: Totals): Promise<void> {
  const property = Object.hasOwn(onnxInputs, name)
    ? onnxInputs[name]((verdict) => totals[verdict]++)
    : await damagedFiles(name, folder, totals)
  const result = await fc.check(property, { seed, numRuns: RUNS })
  if (!result.failed) return
  totals.findings++
  const error = result.errorInstance as Error
  const text = `${name}: ${error.stack ?? error}\n  ${JSON.stringify(result.counterexample)}`
  process.stdout.write(`finding ${totals.findings}: ${text}\n`)
}

async function fuzzFiles(minutes: number, rounds: number, seed: number, names: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'strided-files-'))
  const totals: Totals = { read: 0, refused: 0, findings: 0 }
  const start = Date.now()
  try {
    for (let round = 0; round < rounds && (round === 0 || Date.now() < start + minutes * 60_000); round++) {
      for (const name of names) await fuzzKind(name, folder, seed * 1_000_003 + round, totals)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  const { read, refused, findings } = totals
  process.stdout.write(
    `${read + refused} files of ${names.length} kinds in ${((Date.now() - start) / 1000).toFixed(0)} s from seed ` +
      `${seed}: ${read} were read or written, ${refused} refused; ${findings} findings\n`,
  )
  process.exitCode = findings === 0 ? 0 : 1
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    rounds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    kinds: { type: 'string', default: [...Object.keys(kinds), ...Object.keys(onnxInputs)].join(';') },
  },
})
const { minutes = values.rounds === undefined ? '1' : 'Infinity', rounds = 'Infinity' } = values
await fuzzFiles(Number(minutes), Number(rounds), Number(values.seed), values.kinds.split(';'))
