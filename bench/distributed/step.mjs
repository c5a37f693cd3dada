// One rank of the distributed benchmark: `step.mjs ROUNDS`. Times training steps with and without overlap by turns, and prints
// what it found as JSON on rank 0.
import { performance } from 'node:perf_hooks'
import { groupsOf } from '../../dist/distributed/reducer.js'
import {
  DistributedDataParallel,
  distributed,
  functional as F,
  manualSeed,
  models,
  optim,
  randint,
  randn,
} from '../../dist/index.js'

const BATCH = 8
const BUCKET = 4 * 2 ** 20
const rounds = Number(process.argv[2])
const { rank, size, family } = distributed.init()
manualSeed(rank)
const net = models.resNet18({ numClasses: 10 })
const model = new DistributedDataParallel(net, { broadcastBuffers: false, bucketCapMb: BUCKET / 2 ** 20 })
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
const [input, target] = [randn([BATCH, 3, 64, 64]), randint(0, 10, [BATCH])]
const now = () => performance.now() / 1000

// When the last gradient of each bucket is there; the same cut as the wrapper's.
const groups = groupsOf([...net.namedParameters()].reverse(), BUCKET)
const readyAt = new Array(groups.length).fill(0)
groups.forEach((group, i) => {
  for (const [, parameter] of group) {
    parameter.registerPostAccumulateGradHook(() => {
      readyAt[i] = now()
    })
  }
})

/** Seconds of a step, of its backward pass and of waiting, and when the buckets were full. */
function step(overlap) {
  distributed.barrier()
  const begin = now()
  optimizer.zeroGrad()
  const loss = F.crossEntropy(model.forward(input), target)
  const backward = now()
  if (overlap) loss.backward()
  else model.noSync(() => loss.backward())
  const behind = now()
  if (!overlap) model.reducer?.reduceNow()
  const waited = overlap ? (model.reducer?.waited ?? 0) / 1000 : now() - behind
  optimizer.step()
  return { total: now() - begin, backward: behind - backward, waited, readyAt: readyAt.map((at) => at - backward) }
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
const steps = { overlapped: [], sequential: [] }
for (let i = -1; i < rounds; i++) {
  const [first, second] = [step(true), step(false)]
  if (i < 0) continue
  steps.overlapped.push(first)
  steps.sequential.push(second)
}
const of = (field) =>
  Object.fromEntries(Object.entries(steps).map(([kind, list]) => [kind, median(list.map((one) => one[field]))]))
const result = {
  model: 'resNet18 on 64x64 images',
  batch: BATCH,
  ranks: size,
  family,
  ...of('total'),
  waited: of('waited'),
  compute: of('total').sequential,
  backward: of('backward').sequential,
  buckets: groups.map((group) => group.reduce((sum, [, { size: count }]) => sum + 4 * count, 0)),
  readyAt: readyAt.map((_, i) => median(steps.sequential.map((one) => one.readyAt[i]))),
}
if (rank === 0) process.stdout.write(`${JSON.stringify(result)}\n`)
