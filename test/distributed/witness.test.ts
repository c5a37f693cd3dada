import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

// The process runs the compiled library.
const compiled = new URL('../../dist/distributed/witness.js', import.meta.url).href
const { FAREWELLS, callWitness, makePipes, startWitness } = (await import(
  compiled
)) as typeof import('../../lib/distributed/witness.ts')

const NAMES = ['rank 0 of 3', 'rank 1 of 3', 'rank 2 of 3']
let folder = ''
/** What the witness would kill. */
let rank: ChildProcess

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'strided-witness-'))
  rank = spawn('sleep', ['600'])
})
afterEach(() => {
  rank.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

/** Three ranks, each with its pipe; `act` ends them. Resolves to what the witness tells. */
async function watch(act: (pipes: number[]) => void): Promise<{ code: number; text: string }> {
  const made = makePipes(NAMES.length)!
  const pipes = NAMES.map((_, rank) => openSync(join(made, String(rank)), constants.O_RDWR))
  const log = join(folder, 'log')
  const stderr = openSync(log, 'w')
  const witness = startWitness(
    made,
    NAMES.map((name) => ({ name, pid: rank.pid! })),
    stderr,
  )
  rmSync(made, { recursive: true })
  witness.ref()
  const ended = new Promise<number>((resolve) => witness.once('exit', resolve))
  act(pipes)
  const code = await ended
  closeSync(stderr)
  for (const pipe of pipes) {
    try {
      closeSync(pipe)
    } catch {
      // `act` did it.
    }
  }
  return { code, text: readFileSync(log, 'utf8') }
}

describe.skipIf(platform() === 'win32')('the witness (skipped on Windows, which has no named pipes)', () => {
  it('names the first rank that ends without a farewell, once', async () => {
    const { code, text } = await watch((pipes) => {
      for (const rank of [1, 0, 2]) closeSync(pipes[rank])
    })
    expect(code).toBe(0)
    expect(text).toBe(
      'strided: rank 1 of 3 was killed or crashed: it ended without a word to the others. The job ends with it; ' +
        'where fit saves checkpoints, the same command with resume: true goes on from the last one.\n',
    )
  })

  it('names a rank that is killed when others are done', async () => {
    const { text } = await watch((pipes) => {
      for (const rank of [0, 2]) {
        writeSync(pipes[rank], FAREWELLS.done)
        closeSync(pipes[rank])
      }
      closeSync(pipes[1])
    })
    expect(text).toMatch(/^strided: rank 1 of 3 was killed or crashed/)
  })

  it('ends without a word when all ranks are done, though they still run', async () => {
    const { code, text } = await watch((pipes) => {
      for (const pipe of pipes) writeSync(pipe, FAREWELLS.done)
    })
    expect([code, text]).toEqual([0, ''])
  })

  it('leaves the word to a rank that fails, with which the others end', async () => {
    const { code, text } = await watch((pipes) => {
      writeSync(pipes[2], FAREWELLS.fails)
      for (const rank of [2, 0, 1]) closeSync(pipes[rank])
    })
    expect([code, text]).toEqual([0, ''])
  })

  it('ends the others when the launcher does not', async () => {
    const { text } = await watch((pipes) => {
      rank.once('exit', () => {
        for (const one of [0, 1]) closeSync(pipes[one])
      })
      closeSync(pipes[2])
    })
    expect(text).toMatch(/^strided: rank 2 of 3 was killed or crashed.*\n$/)
    expect(rank.signalCode).toBe('SIGTERM')
  })
})

describe('callWitness', () => {
  it('calls none where ranks are on several machines, or named pipes cannot be made', () => {
    callWitness(0, ['a', 'b'], () => expect.fail('nothing to agree on'))
    const given: unknown[] = []
    const gather = <T>(value: T): T[] => {
      given.push(value)
      return [value]
    }
    const before = process.env.TMPDIR
    process.env.TMPDIR = join(folder, 'absent')
    try {
      callWitness(0, ['a', 'a'], gather)
    } finally {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    }
    expect(given).toEqual([null])
  })
})
