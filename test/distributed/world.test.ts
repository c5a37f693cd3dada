import { platform } from 'node:process'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createReferenceBackend } from '../../lib/kernels/reference_backend.ts'
import { withBackend } from '../../lib/kernels/select.ts'

/** The namespace as a script under a launcher would find it. */
async function underLauncher(variables: Record<string, string>) {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  vi.resetModules()
  return import('../../lib/distributed/index.ts')
}

afterEach(() => vi.unstubAllEnvs())

describe('init', () => {
  it('makes a world of one rank without a launcher, or with one that started one process', async () => {
    for (const variables of [{}, { PMI_RANK: '0', PMI_SIZE: '1' }]) {
      const distributed = await underLauncher(variables as Record<string, string>)
      expect(distributed.init()).toEqual({ rank: 0, size: 1, localRank: 0, localSize: 1, family: null, version: null })
      expect([distributed.rank(), distributed.size(), distributed.localRank()]).toEqual([0, 1, 0])
    }
  })

  it('says what it looked for and which package brings it when there is no library', async () => {
    const distributed = await underLauncher({ OMPI_COMM_WORLD_SIZE: '2', STRIDED_MPI: 'libnowhere.so' })
    expect(() => distributed.init()).toThrow(
      /^init: expected an MPI library for the 2 processes that the launcher of Open MPI started, found none; looked for\n {2}[\s\S]*libnowhere\.so[\s\S]*\n.*name its file in STRIDED_MPI$/,
    )
    if (platform === 'linux') expect(() => distributed.rank()).toThrow('apt-get install openmpi-bin;')
  })

  it.skipIf(platform !== 'linux')('refuses a library that is no MPI (skipped outside Linux)', async () => {
    const distributed = await underLauncher({ PMI_RANK: '0', PMI_SIZE: '2', STRIDED_MPI: 'libm.so.6' })
    expect(() => distributed.init()).toThrow('libm.so.6: it is no MPI library: it has no MPI_Init_thread')
  })

  it('needs the addon', async () => {
    const distributed = await underLauncher({ PMI_RANK: '0', PMI_SIZE: '2' })
    const { withBackend: within } = await import('../../lib/kernels/select.ts')
    expect(() => within(createReferenceBackend(), () => distributed.init())).toThrow(
      'distributed: expected the native backend, got the reference',
    )
  })
})

describe('the addon', () => {
  it('refuses jobs before MPI is there, and those that make no sense', async () => {
    const { backend } = await import('../../lib/kernels/select.ts')
    const messages = backend().messages!
    const job = { kind: 'barrier', count: 0, dtype: 'float32', op: 'sum', root: 0 } as const
    expect(() => messages.run(job, null)).toThrow('MPI was not initialised, or has ended')
    expect(() => messages.submit(job, null)).toThrow('MPI was not initialised, or has ended')
    expect(() => messages.wait(1)).toThrow('there is no job 1')
    expect(() => messages.run({ ...job, root: 1 }, null)).toThrow('mpiRun: rank 1 of 1')
    expect(() => messages.run({ ...job, kind: 'broadcast' }, null)).toThrow('mpiRun: a buffer is missing or too many')
    expect(() => messages.run({ ...job, count: 2 ** 31 }, null)).toThrow(
      'mpiRun: more than 2^31 elements over all ranks',
    )
    expect(() => messages.run({ ...job, kind: 'allReduceInOrder', op: 'max' }, null)).toThrow(
      'mpiRun: only float32 sums are reduced in the order of ranks',
    )
    // Without a job there is nothing to end.
    messages.finalize()
    messages.abort(1, 'now')
    withBackend(createReferenceBackend(), () => expect(backend().messages).toBeDefined())
  })
})
