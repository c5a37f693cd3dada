// Runs random programs until a time is over, as a child of main.ts: what it finds goes to standard output, a line of JSON
// each, and the program that is running to a file, which survives a crash.
import { openSync, writeSync } from 'node:fs'
import fc from 'fast-check'
import { checkProgram } from './check_program.ts'
import { applyChange, change } from './hostile.ts'
import { type Program, parseProgram, printProgram } from './program.ts'
import { families } from './programs/index.ts'

/** What a line of the search says: how far it is, or what it found. */
export type Report =
  | { kind: 'progress'; family: string; done: number; refused: number }
  | { kind: 'finding'; family: string; problem: string; message: string }

/**
 * Rounds of one process. A guarded block takes three of the 65,530 mappings that Linux gives a process, and those of refused
 * programs stay until a collection.
 */
export const ROUNDS = 10

/** Programs of one family before the next one's turn. */
const RUNS = 40

/** Ordinary programs, and as many with one or two changes that mostly make them illegal. */
function withChanges(programs: fc.Arbitrary<Program>): fc.Arbitrary<string> {
  const changed = fc
    .tuple(programs, fc.array(change, { minLength: 1, maxLength: 2 }))
    .map(([program, changes]) => changes.reduce(applyChange, program))
  return fc.oneof(programs, changed).map(printProgram)
}

const report = (line: Report): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** Which native variant runs a program: any, but always the same for the same problem string. */
export function pickOf(problem: string): number {
  let hash = 0
  for (let i = 0; i < problem.length; i++) hash = (hash * 31 + problem.charCodeAt(i)) >>> 0
  return hash
}

/** Checks `RUNS` programs of a family; a finding is shrunk before it is reported. */
function searchFamily(family: string, seed: number, note: (problem: string) => void): void {
  const counts = { done: 0, refused: 0 }
  const property = fc.property(withChanges(families[family]), (problem) => {
    note(problem)
    counts[checkProgram(parseProgram(problem), pickOf(problem))]++
  })
  const result = fc.check(property, { seed, numRuns: RUNS })
  report({ kind: 'progress', family, ...counts })
  if (!result.failed) return
  const [problem] = result.counterexample as [string]
  const error = result.errorInstance as Error
  const where = error.cause instanceof Error ? `\n${error.cause.stack}` : ''
  report({ kind: 'finding', family, problem, message: `${error.message}${where}` })
}

/** Searches the families in turn, so many times or until `end`, in milliseconds since 1970. */
function search(names: readonly string[], seed: number, rounds: number, end: number, currentFile: string): void {
  const file = openSync(currentFile, 'w')
  const note = (problem: string): void => {
    // The line's end tells where a longer one that stood here before goes on.
    writeSync(file, `${problem}\n`, 0)
  }
  for (let round = 0; round < rounds; round++) {
    for (const [i, family] of names.entries()) {
      if (Date.now() >= end) return
      searchFamily(family, seed * 1_000_003 + round * 101 + i, note)
    }
  }
}

const [, script, names, seed, rounds, end, currentFile] = process.argv
if (script === import.meta.filename) search(names.split(','), Number(seed), Number(rounds), Number(end), currentFile)
