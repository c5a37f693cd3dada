import { describe, expect, it } from 'vitest'
import { parseTrainArgs, UsageError, usage } from '../../lib/cli/args.ts'

function messageOf(...argv: string[]): string {
  try {
    parseTrainArgs(argv)
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return (error as Error).message
  }
  return 'no error'
}

describe('parseTrainArgs', () => {
  it('has the defaults that the usage text names', () => {
    const args = parseTrainArgs([])
    expect(args).toEqual({
      data: null,
      epochs: 3,
      batchSize: 64,
      lr: 0.05,
      seed: 0,
      threads: null,
      out: 'runs/lenet5.safetensors',
    })
    for (const text of [
      '(default 3)',
      '(default 64)',
      '(default 0.05)',
      '(default 0)',
      '(default runs/lenet5.safetensors)',
    ]) {
      expect(usage).toContain(text)
    }
  })

  it('reads every option', () => {
    const argv = '--data digits --epochs 5 --batch-size=32 --lr 1e-2 --seed 9007199254740991 --threads 2 --out model.st'
    expect(parseTrainArgs(argv.split(' '))).toEqual({
      data: 'digits',
      epochs: 5,
      batchSize: 32,
      lr: 0.01,
      seed: 9007199254740991,
      threads: 2,
      out: 'model.st',
    })
  })

  it('asks for help whatever else is there', () => {
    expect(parseTrainArgs(['--epochs', 'many', '--help'])).toBe('help')
    for (const name of ['data', 'epochs', 'batch-size', 'lr', 'seed', 'threads', 'out', 'help']) {
      expect(usage).toContain(`  --${name} `)
    }
  })

  it('refuses what it does not know', () => {
    expect(messageOf('--epoch', '3')).toBe("Unknown option '--epoch'; see --help")
    expect(messageOf('digits')).toBe("Unexpected argument 'digits'; see --help")
    expect(messageOf('--data')).toBe("Option '--data <value>' argument missing; see --help")
    expect(messageOf('--lr', '-1')).toBe("Option '--lr' argument is ambiguous; see --help")
    expect(messageOf('--help=yes')).toBe("Option '--help' does not take an argument; see --help")
  })

  it('refuses bad numbers', () => {
    const integer = (name: string, min: number, value: string) =>
      expect(messageOf(`--${name}=${value}`)).toBe(
        `--${name}: expected an integer of at least ${min}, got ${JSON.stringify(value)}`,
      )
    for (const value of ['', 'three', '1.5', '-1', '0', '1e3', 'NaN', ' 3']) integer('epochs', 1, value)
    integer('batch-size', 1, '0')
    integer('threads', 1, '0')
    integer('seed', 0, '-1')
    integer('seed', 0, '9007199254740992')
    for (const value of ['', ' ', 'fast', '0', '-0.1', 'Infinity', 'NaN']) {
      expect(messageOf(`--lr=${value}`)).toBe(`--lr: expected a positive number, got ${JSON.stringify(value)}`)
    }
    expect(messageOf('--data=')).toBe('--data: expected a path, got nothing')
    expect(messageOf('--out=')).toBe('--out: expected a path, got nothing')
  })
})
