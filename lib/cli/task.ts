import { backend } from '../kernels/select.ts'
import type { Command, Option, Parsed } from './args.ts'

/** A command without the reading of its command line and the reporting of its errors. */
export interface Task extends Omit<Command, 'run'> {
  /** Least and largest number of arguments that belong to no option. */
  positionals: [number, number]
  /** Runs it and gives the exit code; an error of the library is one line on stderr and code 2. */
  perform(parsed: Parsed): Promise<number>
}

/** Options that several commands have. */
export const shared = {
  threads: {
    value: 'N',
    kind: 'integer',
    least: 1,
    help: 'threads to compute with (default: all that this process may use)',
  },
  json: { help: 'prints one JSON document' },
} as const satisfies Record<string, Option>

/** Sets the number of threads, if one is asked for. */
export function useThreads({ values }: Parsed): void {
  if (typeof values.threads === 'number') backend().setNumThreads(values.threads)
}

/** Prints one JSON document. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

/** Prints a line. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
