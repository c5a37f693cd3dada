import { describe, expect, it } from 'vitest'
import { parseBenchArgs, UsageError } from '../../bench/args.ts'

describe('parseBenchArgs', () => {
  it('reads every option', () => {
    const argv = 'ops --filter relu --threads 2 --isa avx2 --quick --json rows.json --peers pytorch,tfjs'.split(' ')
    expect(parseBenchArgs(argv)).toEqual({
      ...{ suite: 'ops', filter: 'relu', threads: 2, isa: 'avx2', quick: true, json: 'rows.json' },
      peers: ['pytorch', 'tfjs'],
    })
  })

  it('leaves the rest to the machine', () => {
    const usual = { suite: 'conv', filter: '', threads: 0, isa: '', quick: false, json: '' }
    expect(parseBenchArgs(['conv'])).toEqual({ ...usual, peers: ['pytorch', 'onednn', 'tfjs'] })
    expect(parseBenchArgs(['conv', '--peers', 'none']).peers).toEqual([])
  })

  it.each([
    [[], 'bench: expected one suite, got 0'],
    [['conv', 'ops'], 'bench: expected one suite, got 2'],
    [['convs'], 'bench: expected the suite to be one of conv, ops, models, distributed, got "convs"'],
    [['conv', '--threads', '0'], 'bench: expected --threads to be a whole number of at least 1, got "0"'],
    [['conv', '--threads', 'two'], 'bench: expected --threads to be a whole number of at least 1, got "two"'],
    [['conv', '--isa', 'sse'], 'bench: expected --isa to be one of scalar, avx2, avx512, got "sse"'],
    [['conv', '--peers', 'caffe'], 'bench: expected --peers to be one of pytorch, onednn, tfjs, got "caffe"'],
    [['conv', '--fast'], "bench: Unknown option '--fast'"],
  ])('refuses %j', (argv, message) => {
    expect(() => parseBenchArgs(argv)).toThrow(UsageError)
    expect(() => parseBenchArgs(argv)).toThrow(message)
  })
})
