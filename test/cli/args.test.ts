import { describe, expect, it } from 'vitest'
import { UsageError } from '../../lib/cli/args.ts'
import { parseTrainArgs, usage } from '../../lib/cli/train_args.ts'

async function messageOf(...argv: string[]): Promise<string> {
  const error = await parseTrainArgs(argv).then(
    () => null,
    (one: unknown) => one,
  )
  expect(error, argv.join(' ')).toBeInstanceOf(UsageError)
  return (error as Error).message
}

describe('parseTrainArgs', () => {
  it('has the defaults that the usage text names', async () => {
    const args = await parseTrainArgs([])
    expect(args).toMatchObject({
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

  it('reads every option', async () => {
    const argv = '--data digits --epochs 5 --batch-size=32 --lr 1e-2 --seed 9007199254740991 --threads 2 --out model.st'
    expect(await parseTrainArgs(argv.split(' '))).toMatchObject({
      data: 'digits',
      epochs: 5,
      batchSize: 32,
      lr: 0.01,
      seed: 9007199254740991,
      threads: 2,
      out: 'model.st',
    })
  })

  it('asks for help whatever else is there', async () => {
    expect(await parseTrainArgs(['--epochs', 'many', '--help'])).toBe('help')
    for (const name of ['data', 'epochs', 'batch-size', 'lr', 'seed', 'threads', 'out', 'recipe', 'model', 'help']) {
      expect(usage).toContain(`  --${name} `)
    }
  })

  it('refuses what it does not know', async () => {
    expect(await messageOf('--epoch', '3')).toBe("Unknown option '--epoch'; see --help")
    expect(await messageOf('digits')).toBe("Unexpected argument 'digits'; see --help")
    expect(await messageOf('--data')).toBe("Option '--data <value>' argument missing; see --help")
    expect(await messageOf('--lr', '-1')).toBe("Option '--lr' argument is ambiguous; see --help")
    expect(await messageOf('--help=yes')).toBe("Option '--help' does not take an argument; see --help")
  })

  it('refuses bad numbers', async () => {
    const integer = async (name: string, min: number, value: string) =>
      expect(await messageOf(`--${name}=${value}`)).toBe(
        `--${name}: expected an integer of at least ${min}, got ${JSON.stringify(value)}`,
      )
    for (const value of ['', 'three', '1.5', '-1', '0', '1e3', 'NaN', ' 3']) await integer('epochs', 1, value)
    await integer('batch-size', 1, '0')
    await integer('threads', 1, '0')
    await integer('seed', 0, '-1')
    await integer('seed', 0, '9007199254740992')
    for (const value of ['', ' ', 'fast', '0', '-0.1', 'Infinity', 'NaN']) {
      expect(await messageOf(`--lr=${value}`)).toBe(`--lr: expected a positive number, got ${JSON.stringify(value)}`)
    }
    expect(await messageOf('--data=')).toBe('--data: expected a path, got nothing')
    expect(await messageOf('--out=')).toBe('--out: expected a path, got nothing')
  })
})
