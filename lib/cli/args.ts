import { parseArgs } from 'node:util'
import { StridedError } from '../util/errors.ts'

/** The command line or the files it names are not usable; the message is one line for the person at the keyboard. */
export class UsageError extends StridedError {
  constructor(message: string) {
    super('ERR_USAGE', message)
  }
}

/** What the training command was asked to do. */
export interface TrainArgs {
  /** Folder of IDX files; null for the drawn digits. */
  data: string | null
  epochs: number
  batchSize: number
  lr: number
  seed: number
  /** Null leaves the library's own choice. */
  threads: number | null
  out: string
}

export const usage = `Usage: npm run train -- [options]

Trains LeNet-5 on images of handwritten digits and saves the model.

  --data DIR       folder of MNIST-style IDX files, gzipped or not; a single pair of files
                   is split 80/20 (default: digits that the library draws itself)
  --epochs N       passes over the training images (default 3)
  --batch-size N   images per step (default 64)
  --lr X           learning rate of SGD with momentum 0.9; falls to 0 along a
                   cosine (default 0.05)
  --seed N         decides drawing, split, order and initial weights (default 0)
  --threads N      threads to compute with; the result is the same for any number
                   (default: all that this process may use)
  --out FILE       where the model goes (default runs/lenet5.safetensors)
  --help           this text
`

const options = {
  data: { type: 'string' },
  epochs: { type: 'string', default: '3' },
  'batch-size': { type: 'string', default: '64' },
  lr: { type: 'string', default: '0.05' },
  seed: { type: 'string', default: '0' },
  threads: { type: 'string' },
  out: { type: 'string', default: 'runs/lenet5.safetensors' },
  help: { type: 'boolean', default: false },
} as const

/**
 * Reads the command line of the training command.
 *
 * @returns the options, or `help` when the usage text was asked for.
 * @throws {UsageError} for an unknown option, a missing value or a number out of range.
 */
export function parseTrainArgs(argv: readonly string[]): TrainArgs | 'help' {
  const values = parse(argv)
  if (values.help) return 'help'
  return {
    data: values.data === undefined ? null : text('data', values.data),
    epochs: integer('epochs', values.epochs, 1),
    batchSize: integer('batch-size', values['batch-size'], 1),
    lr: positive('lr', values.lr),
    seed: integer('seed', values.seed, 0),
    threads: values.threads === undefined ? null : integer('threads', values.threads, 1),
    out: text('out', values.out),
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    // Node explains how to pass a dash as a value over several sentences or lines; the first one says what is wrong.
    const [reason] = (error as Error).message.split(/\.\s|\n/)
    throw new UsageError(`${reason.replace(/\.$/, '')}; see --help`)
  }
}

function text(name: string, value: string): string {
  if (value === '') throw new UsageError(`--${name}: expected a path, got nothing`)
  return value
}

function integer(name: string, value: string, min: number): number {
  const number = Number(value)
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number) || number < min) {
    throw new UsageError(`--${name}: expected an integer of at least ${min}, got ${JSON.stringify(value)}`)
  }
  return number
}

function positive(name: string, value: string): number {
  const number = Number(value)
  if (value.trim() === '' || !Number.isFinite(number) || number <= 0) {
    throw new UsageError(`--${name}: expected a positive number, got ${JSON.stringify(value)}`)
  }
  return number
}
