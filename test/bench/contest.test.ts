import { describe, expect, it } from 'vitest'
import { type Child, type Reply, TimeoutError } from '../../bench/child.ts'
import { type Contest, difference, type Entry, hold, TOLERANCE } from '../../bench/contest.ts'

const limits = { sliceMs: 1, rounds: 2, pauseMs: 0, warmMs: 1, slowestMs: 1000 }
const head = { suite: 'ops', name: 'a', problem: 'size1', pass: 'forward', isa: 'avx2', threads: 1 } as const

interface Behaviour {
  values?: number[]
  parameters?: number
  compare?: boolean
  ms?: number
  setup?: Error
}

/** A process that answers at once and writes down what it was asked. */
function fake({ ms = 1, setup, ...reply }: Behaviour, log: string[] = []): Child {
  const answers: Record<string, () => Reply> = {
    hello: () => ({}),
    setup: () => {
      if (setup) throw setup
      return reply
    },
    warm: () => ({ ms }),
    run: () => ({ samples: [ms, ms, 100 * ms] }),
    clear: () => ({}),
  }
  const request = async ({ cmd }: { cmd: string }): Promise<Reply> => {
    log.push(cmd)
    return answers[cmd]()
  }
  return { request, close: () => log.push('close') } as unknown as Child
}

const entry = (key: Entry['key'], title: string, behaviour: Behaviour, log?: string[]): Entry => ({
  key,
  title,
  child: fake(behaviour, log),
  setup: {},
})

const contest = (entries: Entry[], expected?: number[]): Contest => ({
  ...{ head, entries, work: { bytes: 2e6 }, sample: [0, 1], expected },
})

describe('hold', () => {
  it('compares, times and divides; of two with one key the faster counts', async () => {
    const entries = [
      entry('ours', 'strided', { values: [1, 2], ms: 2 }),
      entry('onednn', 'oneDNN any', { values: [1, 2], ms: 8 }),
      entry('onednn', 'oneDNN channels_last', { values: [1, 2], ms: 6 }),
    ]
    const { row, notes } = await hold(contest(entries, [1, 2]), limits)
    expect(notes).toEqual([])
    expect(row).toEqual({ ...head, ms: 2, gbps: 1, peers: { onednn: 6 }, ratio: { onednn: 3 } })
  })

  it('prints no time for a wrong result of ours', async () => {
    const log: string[] = []
    const entries = [
      entry('ours', 'strided', { values: [1, 2.1] }, log),
      entry('pytorch', 'PyTorch', { values: [1, 2] }),
    ]
    const { row, notes } = await hold(contest(entries, [1, 2]), limits)
    expect(row).toBeNull()
    expect(notes).toEqual([
      'strided: wrong result, not timed: value 1 of 2 is 2.1, expected 2, root mean square 1.5811388300841898',
    ])
    expect(log).not.toContain('run')
  })

  it('leaves out a peer that is wrong, fails, is slow or does not answer', async () => {
    const entries = [
      entry('ours', 'strided', { values: [1, 2], parameters: 10 }),
      entry('pytorch', 'wrong', { values: [2, 1], parameters: 10 }),
      entry('pytorch', 'other', { values: [1, 2], parameters: 11 }),
      entry('pytorch', 'failing', { setup: new Error('out of memory') }),
      entry('tfjs', 'slow', { compare: false, ms: 1001, parameters: 10 }),
      entry('tfjs', 'silent', { setup: new TimeoutError('no answer within 3 s') }),
      entry('onednn', 'right', { compare: false, parameters: 10 }),
    ]
    const { row, notes } = await hold(contest(entries), limits)
    expect(row?.peers).toEqual({ onednn: 1 })
    expect(notes).toEqual([
      'wrong: wrong result, not timed: value 0 of 2 is 2, expected 1, root mean square 1.5811388300841898',
      'other: wrong result, not timed: 11 parameters, ours has 10',
      'failing: out of memory',
      'slow: too slow, more than 1 s',
      'silent: too slow, more than 1 s',
    ])
  })

  it('lets every process forget the problem', async () => {
    const log: string[] = []
    await hold(contest([entry('ours', 'strided', { values: [1, 2] }, log)], [1, 2]), limits)
    expect(log.join(' ')).toBe('hello setup warm run run clear')
  })
})

describe('difference', () => {
  it('is measured by the size of all values', () => {
    expect(difference([100, TOLERANCE], [100, 0])).toBeNull()
    expect(difference([1 + 2 * TOLERANCE, 1], [1, 1])).toMatch(/^value 0 of 2 is 1.002, expected 1/)
  })

  it('takes neither NaN, which arrives as null, nor a missing value', () => {
    expect(difference([null, 1], [0, 1])).toMatch(/^value 0 of 2 is null/)
    expect(difference([Number.NaN, 1], [0, 1])).toMatch(/^value 0 of 2 is NaN/)
    expect(difference([1], [1, 1])).toBe('gave no values to compare')
    expect(difference(undefined, [1])).toBe('gave no values to compare')
  })
})
