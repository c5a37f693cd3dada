// Training on several processes, and machines, over MPI.
export { type AllReduceOptions, allGather, allReduce, barrier, broadcast } from './collectives.ts'
export { DistributedDataParallel, type DistributedDataParallelOptions } from './distributed_data_parallel.ts'
export { DistributedSampler, type DistributedSamplerOptions } from './distributed_sampler.ts'
export { init, localRank, rank, size } from './init.ts'
export { allGatherObject } from './objects.ts'
export { convertSyncBatchNorm, SyncBatchNorm } from './sync_batch_norm.ts'
export type { World } from './world.ts'
