import { describe, expect, it } from 'vitest'
import {
  findLaunch,
  installAdvice,
  libraryNames,
  type Place,
  placeOfProcess,
  threadsPerRank,
} from '../../lib/distributed/launch.ts'

describe('findLaunch', () => {
  it('knows the launchers by what they leave in the environment', () => {
    expect(findLaunch({})).toBeNull()
    expect(findLaunch({ OMPI_COMM_WORLD_SIZE: '4', PMIX_RANK: '1' })).toEqual({ size: 4, family: 'Open MPI' })
    expect(findLaunch({ PMI_RANK: '0', PMI_SIZE: '3' })).toEqual({ size: 3, family: 'MPICH' })
    expect(findLaunch({ PMIX_RANK: '2' })).toEqual({ size: null, family: null })
  })

  it('takes srun for either family, and a batch script under Slurm for no launcher', () => {
    const step = { SLURM_PROCID: '1', SLURM_STEP_NUM_TASKS: '8' }
    expect(findLaunch(step)).toEqual({ size: 8, family: null })
    expect(findLaunch({ ...step, PMI_RANK: '1', PMI_SIZE: '8' })).toEqual({ size: 8, family: null })
    expect(findLaunch({ SLURM_PROCID: '0', SLURM_NTASKS: '8' })).toBeNull()
  })
})

describe('libraryNames', () => {
  it('has those of the family, or of both', () => {
    expect(libraryNames('linux', 'Open MPI')).toEqual(['libmpi.so.40'])
    expect(libraryNames('linux', 'MPICH')).toEqual(['libmpich.so.12', 'libmpi.so.12'])
    expect(libraryNames('linux', null)).toEqual(['libmpi.so.40', 'libmpich.so.12', 'libmpi.so.12'])
    expect(libraryNames('darwin', 'Open MPI')).toContain('libmpi.40.dylib')
    expect(libraryNames('win32', null)).toEqual([])
  })

  it('comes with advice on what to install', () => {
    expect(installAdvice('linux', 'MPICH')).toContain('apt-get install mpich;')
    expect(installAdvice('linux', null)).toContain('apt-get install openmpi-bin or mpich;')
    expect(installAdvice('darwin', 'Open MPI')).toBe('install one (brew install open-mpi)')
    expect(installAdvice('win32', null)).toBe('MPI is supported on Linux and macOS')
  })
})

describe('threadsPerRank', () => {
  const places = (...cpus: string[]): Place[] => cpus.map((list) => ({ machine: 'a', cpus: list }))

  it('divides processors that ranks share', () => {
    expect(threadsPerRank(8, places('0-7', '0-7'), 0)).toBe(4)
    expect(threadsPerRank(8, places('0-7', '0-7', '0-7'), 2)).toBe(2)
    expect(threadsPerRank(2, places('0-1', '0-1', '0-1'), 1)).toBe(1)
    expect(threadsPerRank(8, places('', ''), 1)).toBe(4)
  })

  it('leaves each rank the ones that its launcher bound it to', () => {
    expect(threadsPerRank(4, places('0-3', '4-7'), 0)).toBe(4)
    expect(threadsPerRank(1, places('0', '1,3'), 1)).toBe(1)
  })

  it('does not count ranks on other machines', () => {
    const both = [...places('0-7'), { machine: 'b', cpus: '0-7' }]
    expect(threadsPerRank(8, both, 0)).toBe(8)
  })

  it('finds where this process runs', () => {
    const place = placeOfProcess()
    expect(place.machine).not.toBe('')
    expect(threadsPerRank(3, [place], 0)).toBe(3)
  })
})
