import { afterEach, describe, expect, it, vi } from 'vitest'
import { RangeError } from '../../lib/index.ts'
import {
  backend,
  backendInfo,
  createBackend,
  getNumThreads,
  memory,
  setConvPrecision,
  setNumThreads,
} from '../../lib/kernels/select.ts'
import { throws } from '../util/throws.ts'

const native = vi.hoisted(() => ({ fails: false }))
vi.mock('../../lib/kernels/addon.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../lib/kernels/addon.ts')>()
  const loadAddon: typeof original.loadAddon = () => {
    if (native.fails) throw new Error('no addon in /nowhere: build it')
    return original.loadAddon()
  }
  return { ...original, loadAddon }
})

afterEach(() => {
  native.fails = false
  vi.restoreAllMocks()
})

describe('STRIDED_BACKEND', () => {
  it('chooses the reference', () => {
    expect(createBackend('reference').info()).toEqual({
      backend: 'reference',
      isa: 'typescript',
      isas: ['typescript'],
      threads: 1,
    })
  })
  it('refuses anything else than native and reference', () => {
    throws(() => createBackend('cuda'), RangeError, 'STRIDED_BACKEND: expected native or reference, got "cuda"')
  })
  it('throws what the addon throws when native is demanded', () => {
    native.fails = true
    expect(() => createBackend('native')).toThrow('no addon in /nowhere: build it')
  })
  it('falls back to the reference with one warning that says why and what to do', () => {
    native.fails = true
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    for (let time = 0; time < 3; time++) expect(createBackend(undefined).info().backend).toBe('reference')
    expect(warning).toHaveBeenCalledTimes(1)
    expect(warning).toHaveBeenCalledWith(
      'no addon in /nowhere: build it\nComputing with the TypeScript reference instead, which is hundreds of times ' +
        'slower; set STRIDED_BACKEND=reference to choose it without this warning.',
      { type: 'StridedWarning', code: 'STRIDED_REFERENCE_BACKEND' },
    )
  })
})

describe('setConvPrecision', () => {
  it('refuses what is no precision', () => {
    throws(
      () => setConvPrecision('loose' as never),
      RangeError,
      'setConvPrecision: expected fast, medium or strict, got loose',
    )
  })
})

describe('the environment', () => {
  it('has one backend', () => {
    expect(backend()).toBe(backend())
    expect(backendInfo().backend).toBe(backend().info().backend)
    expect(memory()).toEqual(backend().memory())
  })
  it('takes a number of threads', () => {
    const before = getNumThreads()
    setNumThreads(1)
    expect(getNumThreads()).toBe(1)
    setNumThreads(before)
    throws(() => setNumThreads(0), RangeError, 'setNumThreads: expected threads to be an integer of at least 1, got 0')
  })
})
