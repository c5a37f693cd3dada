import { parseArgs } from 'node:util'

export const SUITES = ['conv', 'ops', 'models', 'distributed'] as const

export type Suite = (typeof SUITES)[number]

const ISAS = ['scalar', 'avx2', 'avx512']

export interface BenchArgs {
  suite: Suite
  filter: string
  /** Threads of ours and of every peer; 0 for as many as there are CPUs. */
  threads: number
  /** Instruction set of ours and of oneDNN; empty for the best. */
  isa: string
  quick: boolean
  /** File that takes the rows; empty for none. */
  json: string
  /** Peers that may take part. */
  peers: string[]
}

export const PEERS = ['pytorch', 'onednn', 'tfjs']

export const usage = `npm run bench -- SUITE [options]

SUITE is one of ${SUITES.join(', ')}.

  --filter STR    only cases whose name, class, problem or pass contains STR
  --threads N     threads of ours and of every peer; default: all CPUs of this process
  --isa X         ${ISAS.join(', ')}: limits ours and oneDNN; default: the best there is
  --quick         short slices and few rounds, for a look
  --json FILE     also writes one row for each measurement
  --peers LIST    of ${PEERS.join(',')}, or none; default: all that are installed`

/** A mistake on the command line. */
export class UsageError extends Error {}

function oneOf(option: string, value: string, allowed: readonly string[]): string {
  if (allowed.includes(value)) return value
  throw new UsageError(`bench: expected ${option} to be one of ${allowed.join(', ')}, got ${JSON.stringify(value)}`)
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} for an unknown suite, option or value
 */
export function parseBenchArgs(argv: readonly string[]): BenchArgs {
  const { values, positionals } = parseOptions(argv)
  if (positionals.length !== 1) throw new UsageError(`bench: expected one suite, got ${positionals.length}\n\n${usage}`)
  const threads = Number(values.threads ?? 0)
  if (values.threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new UsageError(`bench: expected --threads to be a whole number of at least 1, got "${values.threads}"`)
  }
  const peers = values.peers === undefined ? PEERS : values.peers.split(',').filter((name) => name !== 'none')
  return {
    suite: oneOf('the suite', positionals[0], SUITES) as Suite,
    filter: values.filter ?? '',
    threads,
    isa: values.isa === undefined ? '' : oneOf('--isa', values.isa, ISAS),
    quick: values.quick ?? false,
    json: values.json ?? '',
    peers: peers.map((name) => oneOf('--peers', name, PEERS)),
  }
}

function parseOptions(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        filter: { type: 'string' },
        threads: { type: 'string' },
        isa: { type: 'string' },
        quick: { type: 'boolean' },
        json: { type: 'string' },
        peers: { type: 'string' },
      },
    })
  } catch (error) {
    throw new UsageError(`bench: ${(error as Error).message}\n\n${usage}`)
  }
}
