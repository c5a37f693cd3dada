// The benchmarks; `npm run bench` prints how to call them.
import { writeFileSync } from 'node:fs'
import { type BenchArgs, parseBenchArgs, type Suite, UsageError, usage } from './args.ts'
import { runDistributed } from './distributed/index.ts'
import { rowsToJson } from './row.ts'
import { openSession, type Session } from './session.ts'
import { runConv } from './suites/conv.ts'
import { runModels } from './suites/models.ts'
import { runOps } from './suites/ops.ts'
import type { Print, SuiteResult } from './suites/suite.ts'

interface SuiteSpec {
  run(session: Session, filter: string, print: Print): Promise<SuiteResult>
  peers: string[]
}

const suites: Record<Exclude<Suite, 'distributed'>, SuiteSpec> = {
  conv: { run: runConv, peers: ['pytorch', 'onednn', 'roofline'] },
  ops: { run: runOps, peers: ['pytorch', 'roofline'] },
  models: { run: runModels, peers: ['pytorch', 'tfjs'] },
}

const print: Print = {
  line: (text) => process.stdout.write(`${text}\n`),
  // Only for who looks on: a file should hold the tables.
  progress: (text) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  },
}

/** Runs the suite and returns the exit code: 1 when something of ours was wrong or nothing was timed. */
async function run(args: BenchArgs): Promise<number> {
  if (args.suite === 'distributed') return runDistributed({ quick: args.quick, print })
  const { run: runSuite, peers } = suites[args.suite]
  const session = await openSession(args, peers)
  try {
    print.line(`${session.report.join('\n')}\n`)
    const { rows, notes } = await runSuite(session, args.filter, print)
    print.progress('')
    if (notes.length > 0) print.line(`\n${notes.join('\n')}`)
    if (args.json !== '') writeFileSync(args.json, rowsToJson(rows))
    if (rows.length === 0 && notes.length === 0) {
      print.line(`bench: no case of ${args.suite} matches ${JSON.stringify(args.filter)}`)
      return 2
    }
    return notes.some((note) => /: strided: /.test(note)) ? 1 : 0
  } finally {
    session.close()
  }
}

try {
  if (process.argv.length < 3 || process.argv.includes('--help')) print.line(usage)
  else process.exitCode = await run(parseBenchArgs(process.argv.slice(2)))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
