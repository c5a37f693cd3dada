import { describe, expect, it } from 'vitest'
import {
  findLaunch,
  installAdvice,
  libraryNames,
  type Place,
  placeOfProcess,
  strangerAdvice,
  threadsPerRank,
} from '../../lib/distributed/launch.ts'

describe('findLaunch', () => {
  it('knows the launchers by what they leave in the environment', () => {
    expect(findLaunch({})).toBeNull()
    expect(findLaunch({ OMPI_COMM_WORLD_SIZE: '4', PMIX_RANK: '1' })).toEqual({ size: 4, family: 'Open MPI' })
    expect(findLaunch({ PMI_RANK: '0', PMI_SIZE: '3' })).toEqual({ size: 3, family: 'MPICH' })
    expect(findLaunch({ PMIX_RANK: '2' })).toEqual({ size: null, family: null, likely: 'Open MPI' })
  })

  it('takes srun for either family, and a batch script under Slurm for no launcher', () => {
    const step = { SLURM_PROCID: '1', SLURM_STEP_NUM_TASKS: '8' }
    expect(findLaunch(step)).toEqual({ size: 8, family: null, likely: 'Open MPI' })
    expect(findLaunch({ SLURM_PROCID: '0', SLURM_NTASKS: '8' })).toBeNull()
  })

  it('tells by what srun speaks which family to try first', () => {
    const step = { SLURM_PROCID: '1', SLURM_STEP_NUM_TASKS: '8', SLURM_LOCALID: '1' }
    const pmi2 = { ...step, PMI_RANK: '1', PMI_SIZE: '8', PMI_FD: '5', PMI_JOBID: '3.0' }
    expect(findLaunch(pmi2)).toEqual({ size: 8, family: null, likely: 'MPICH' })
    const pmix = { ...step, PMIX_RANK: '1', PMIX_NAMESPACE: 'slurm.pmix.3.0' }
    expect(findLaunch(pmix)).toEqual({ size: 8, family: null, likely: 'Open MPI' })
    // Where MPICH's own launcher starts its servers by srun, the size is its own and not the number of servers.
    const behind = { ...step, SLURM_STEP_NUM_TASKS: '2', PMI_RANK: '1', PMI_SIZE: '8' }
    expect(findLaunch(behind)).toEqual({ size: 8, family: null, likely: 'MPICH' })
    // mpirun of Open MPI within an allocation.
    expect(findLaunch({ ...step, OMPI_COMM_WORLD_SIZE: '4' })).toEqual({ size: 4, family: 'Open MPI' })
  })

  it('comes with advice for a library that sees other processes', () => {
    expect(strangerAdvice({ PMI_RANK: '0' })).toBe(
      'launcher and library have to be of the same installation: name the library in STRIDED_MPI, or use its own mpirun',
    )
    expect(strangerAdvice({ SLURM_PROCID: '0' })).toBe(
      'srun has to speak what the library does: srun --mpi=pmix for Open MPI, --mpi=pmi2 for MPICH; STRIDED_MPI names the library',
    )
  })
})

describe('libraryNames', () => {
  it('has those of the family, or of both', () => {
    expect(libraryNames('linux', { family: 'Open MPI' })).toEqual(['libmpi.so.40'])
    expect(libraryNames('linux', { family: 'MPICH' })).toEqual(['libmpich.so.12', 'libmpi.so.12'])
    expect(libraryNames('darwin', { family: 'Open MPI' })).toContain('libmpi.40.dylib')
    expect(libraryNames('win32', { family: null })).toEqual([])
  })

  it('tries the more likely first where the launcher starts both', () => {
    const names = (likely: 'Open MPI' | 'MPICH') => libraryNames('linux', { family: null, likely })
    expect(names('Open MPI')).toEqual(['libmpi.so.40', 'libmpich.so.12', 'libmpi.so.12'])
    expect(names('MPICH')).toEqual(['libmpich.so.12', 'libmpi.so.12', 'libmpi.so.40'])
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
