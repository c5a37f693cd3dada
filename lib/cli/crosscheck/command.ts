import { loadAddon } from '../../kernels/addon.ts'
import { UsageError } from '../args.ts'
import { print, printJson, type Task } from '../task.ts'
import { crosscheck, LIMIT, type OpResult, ops } from './check.ts'

const list = (text: unknown): string[] | null => (text === undefined ? null : String(text).split(','))

/** Checks the names that a list option holds. */
function among(name: string, given: string[] | null, all: readonly string[]): readonly string[] {
  const wrong = given?.find((one) => !all.includes(one))
  if (wrong !== undefined)
    throw new UsageError(`--${name}: expected some of ${all.join(', ')}, got ${JSON.stringify(wrong)}`)
  return given ?? all
}

function threadCounts(given: string[] | null): number[] {
  const counts = (given ?? ['1', '2', '3']).map(Number)
  if (counts.every((count) => Number.isInteger(count) && count >= 1 && count <= 256)) return counts
  throw new UsageError(
    `--threads: expected numbers from 1 to 256 such as 1,2,8, got ${JSON.stringify(given?.join(','))}`,
  )
}

export const crosscheckCommand: Task = {
  summary: 'compare the native kernels with the reference on this machine',
  synopsis: '[options]',
  about:
    'Runs random problems of every op, forward and backward, on the native kernels and on the plain reference, for every ' +
    'instruction set and several numbers of threads, and prints the worst error of each op. Errors above the limit, and results ' +
    'that depend on the number of threads, are mismatches: then the exit code is 1.',
  options: {
    ops: { value: 'LIST', help: 'ops to check, by commas (default: all)' },
    isas: { value: 'LIST', help: 'instruction sets (default: all that the CPU has)' },
    threads: { value: 'LIST', help: 'numbers of threads (default: 1,2,3)' },
    problems: { value: 'N', kind: 'integer', least: 1, default: 10, help: 'problems of each op' },
    seed: { value: 'N', kind: 'integer', default: 0, help: 'decides the problems' },
    limit: {
      value: 'X',
      kind: 'number',
      default: LIMIT,
      help: 'largest error relative to the largest number of a result',
    },
    json: { help: 'prints one JSON document' },
  },
  positionals: [0, 0],
  async perform({ values }) {
    const isas = among('isas', list(values.isas), loadAddon().cpu().isas)
    const names = among('ops', list(values.ops), Object.keys(ops))
    const options = { names, isas, threads: threadCounts(list(values.threads)) }
    const results: OpResult[] = []
    for (const result of crosscheck({
      ...options,
      problems: values.problems as number,
      seed: values.seed as number,
      limit: values.limit as number,
    })) {
      results.push(result)
      if (!values.json) print(`${result.op.padEnd(20)}${result.error.toExponential(1)}   ${result.worst}`)
    }
    const mismatches = results.flatMap((one) => one.mismatches)
    if (values.json) printJson({ isas, threads: options.threads, results })
    for (const mismatch of mismatches) process.stderr.write(`crosscheck: ${mismatch}\n`)
    if (!values.json && mismatches.length === 0)
      print(`no mismatch: ${isas.join(', ')}, ${options.threads.join(', ')} threads`)
    return mismatches.length === 0 ? 0 : 1
  },
}
