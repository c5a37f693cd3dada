import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { loadAddon } from '../../lib/kernels/addon.ts'
import { createNativeBackend } from '../../lib/kernels/native.ts'
import { withBackend } from '../../lib/kernels/select.ts'
import { smallTraining } from '../support/small_training.ts'

const root = join(import.meta.dirname, '..', '..')
const script = join(root, 'test', 'support', 'end_in_a_call.mjs')

/** Weights after three steps with so many threads. */
function train(threads: number): number[] {
  return withBackend(createNativeBackend({ threads }), () => {
    const { step, state } = smallTraining()
    for (let i = 0; i < 3; i++) step()
    return state()
  })
}

describe('a system that refuses threads', () => {
  afterEach(() => loadAddon().refuseThreads(false))

  it('leaves fewer to compute with, and the same bits', () => {
    const expected = train(1)
    // First none at all beside the calling thread; later those that were started before.
    loadAddon().refuseThreads(true)
    expect(train(8)).toEqual(expected)
    loadAddon().refuseThreads(false)
    expect(train(2)).toEqual(expected)
    loadAddon().refuseThreads(true)
    expect(train(16)).toEqual(expected)
  })
})

describe('a thread that ends in the middle of a native call', () => {
  it('takes nothing with it when it is a worker', { timeout: 120_000 }, () => {
    const options = { cwd: root, encoding: 'utf8', env: { ...process.env, STRIDED_NUM_THREADS: '2' } } as const
    const output = execFileSync(process.execPath, [script, 'workers', '6'], options)
    expect(JSON.parse(output)).toEqual({ codes: new Array(6).fill(1), same: true })
  })

  it('ends the process in order when it is the main one', { timeout: 120_000 }, () => {
    const { status, signal, stdout } = spawnSync(process.execPath, [script, 'exit'], {
      cwd: root,
      encoding: 'utf8',
    })
    expect({ status, signal, stdout }).toEqual({ status: 7, signal: null, stdout: 'queued' })
  })
})
