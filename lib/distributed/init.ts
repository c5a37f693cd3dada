import { getNumThreads, setNumThreads } from '../kernels/select.ts'
import { placeOfProcess, threadsPerRank } from './launch.ts'
import { allGatherObject } from './objects.ts'
import { callWitness } from './witness.ts'
import { joinWorld, knownWorld, type World } from './world.ts'

/**
 * Joins the job that `mpirun` or `srun` started this process in; with no launcher, or one that started a single process, it is
 * a world of one rank, and no MPI is looked for. Calling it again does nothing.
 *
 * Loads the machine's MPI library: that of the launcher's family, or the one that `STRIDED_MPI` names. Sets the number of threads
 * to the rank's share of the processors, unless `STRIDED_NUM_THREADS` says otherwise. From here on a rank that ends with an
 * error ends the whole job, and one that ends well waits for the others. Ranks on one machine are watched: when one is killed, a
 * line on stderr names it.
 *
 * ```ts
 * const { rank, size } = distributed.init()
 * ```
 *
 * @throws {StateError} when there is no library (the message says which package brings one), it is of another family than the
 * launcher, or this is a worker thread.
 *
 * Source: MPI: A Message-Passing Interface Standard, version 3.1; semantics of torch.distributed with its MPI backend.
 */
export function init(): World {
  const known = knownWorld()
  if (known !== null) return known
  const world = joinWorld()
  if (world.size > 1) {
    const places = allGatherObject(placeOfProcess())
    if (!process.env.STRIDED_NUM_THREADS) setNumThreads(threadsPerRank(getNumThreads(), places, world.rank))
    const machines = places.map(({ machine }) => machine)
    callWitness(world.rank, machines, allGatherObject)
  }
  return world
}

/** Number of this process among those of the job, from 0; 0 without a launcher. Joins the job as {@link init} does. */
export function rank(): number {
  return init().rank
}

/** Processes of the job; 1 without a launcher. Joins the job as {@link init} does. */
export function size(): number {
  return init().size
}

/** Number of this process among those of the job on the same machine, from 0. Joins the job as {@link init} does. */
export function localRank(): number {
  return init().localRank
}
