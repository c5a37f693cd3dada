// Training on several processes, and machines, over MPI.
export { type AllReduceOptions, allGather, allReduce, barrier, broadcast } from './collectives.ts'
export { init, localRank, rank, size } from './init.ts'
export { allGatherObject } from './objects.ts'
export type { World } from './world.ts'
