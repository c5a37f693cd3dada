// One rank of the distributed benchmark: `step.mjs ROUNDS`. Times training steps with messages during backward, behind it and without
// any, by turns, and prints what it found as JSON on rank 0.
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
  zeros,
} from '../../dist/index.js'

const BATCH = 8
const BUCKET = 4 * 2 ** 20
/** Steps one after the other, as in training: a rank that is late makes the others wait in the next one. */
const STEPS = 4
const TRANSFERS = 15
const rounds = Number(process.argv[2])
const { rank, size, family } = distributed.init()
manualSeed(rank)
const net = models.resNet18({ numClasses: 10 })
const model = new DistributedDataParallel(net, { bucketCapMb: BUCKET / 2 ** 20 })
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

/** Seconds of the backward pass, when its buckets were full, and how long its end waited for messages. */
function backward(loss, kind) {
  const begin = now()
  if (kind === 'overlapped') loss.backward()
  else model.noSync(() => loss.backward())
  const seconds = now() - begin
  if (kind === 'sequential') model.reducer?.reduceNow()
  const waited = kind === 'silent' ? 0 : (model.reducer?.waited ?? 0) / 1000
  return { backward: seconds, waited, readyAt: readyAt.map((at) => at - begin) }
}

function step(kind) {
  optimizer.zeroGrad()
  const loss =
    kind === 'silent'
      ? model.noSync(() => F.crossEntropy(model.forward(input), target))
      : F.crossEntropy(model.forward(input), target)
  const times = backward(loss, kind)
  optimizer.step()
  return times
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** Some steps of one kind: seconds of each on average, and the median of its parts. */
function steps(kind) {
  distributed.barrier()
  const begin = now()
  const all = Array.from({ length: STEPS }, () => step(kind))
  const of = (field) => median(all.map((one) => one[field]))
  return {
    total: (now() - begin) / STEPS,
    waited: of('waited'),
    backward: of('backward'),
    readyAt: readyAt.map((_, i) => median(all.map((one) => one.readyAt[i]))),
  }
}

/** Bytes a second that leave this rank in an all-reduce of one bucket, both ranks doing nothing else; null on one. */
function transferSpeed() {
  if (size === 1) return null
  const bucket = zeros([BUCKET / 4])
  const seconds = Array.from({ length: TRANSFERS }, () => {
    distributed.barrier()
    const begin = now()
    distributed.allReduce(bucket)
    return now() - begin
  })
  return (((2 * (size - 1)) / size) * BUCKET) / median(seconds)
}

const KINDS = ['overlapped', 'sequential', 'silent']
const found = Object.fromEntries(KINDS.map((kind) => [kind, []]))
for (let i = -1; i < rounds; i++) {
  for (const kind of KINDS) {
    const times = steps(kind)
    if (i >= 0) found[kind].push(times)
  }
}
const of = (kind, field) => median(found[kind].map((one) => one[field]))
const buffers = [...net.namedBuffers()].map(([, buffer]) => buffer)
const bytesOf = { float32: 4, int32: 4, uint8: 1, int64: 8 }
const result = {
  model: 'resNet18 on 64x64 images',
  batch: BATCH,
  ranks: size,
  family,
  steps: Object.fromEntries(KINDS.map((kind) => [kind, { seconds: of(kind, 'total'), waited: of(kind, 'waited') }])),
  transfer: transferSpeed(),
  compute: of('silent', 'total'),
  backward: of('silent', 'backward'),
  buckets: groups.map((group) => group.reduce((sum, [, { size: count }]) => sum + 4 * count, 0)),
  readyAt: readyAt.map((_, i) => median(found.silent.map((one) => one.readyAt[i]))),
  buffers: [...new Set(buffers.map(({ dtype }) => dtype))].map((dtype) =>
    buffers.reduce((sum, one) => sum + (one.dtype === dtype ? one.size * bytesOf[dtype] : 0), 0),
  ),
}
if (rank === 0) process.stdout.write(`${JSON.stringify(result)}\n`)
