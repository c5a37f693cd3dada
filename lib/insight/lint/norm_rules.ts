import type { Step } from '../trace.ts'
import type { Context } from './context.ts'
import { isBatchNorm, isConvolution, isDropout, isLinearLayer, isNonlinear, isReshaping, sourceOf } from './graph.ts'
import type { Breach, Rule } from './rule.ts'

// A pooling between them is the usual place of the first norm of a pre-activation network.
const isActivation = (step: Step): boolean => isNonlinear(step) && !/[pP]ool/.test(step.op)

function* afterActivation({ steps }: Context): Generator<Breach> {
  for (const step of steps) {
    if (!isBatchNorm(step)) continue
    const source = sourceOf(step, isDropout)
    if (source === null || !isActivation(source)) continue
    const layer = sourceOf(source, isReshaping)
    if (layer === null || !(isConvolution(layer) || isLinearLayer(layer))) continue
    yield {
      path: step.call.path,
      why: `Batch norm comes after ${source.op}, whose output is not centred and partly constant.`,
    }
  }
}

function* biasBeforeNorm({ steps }: Context): Generator<Breach> {
  for (const step of steps) {
    if (!isConvolution(step) || step.leaves[2] == null || step.readers.length !== 1) continue
    const [reader] = step.readers
    if (!isBatchNorm(reader) && reader.op !== 'instanceNorm') continue
    yield { path: step.call.path, why: `${reader.op} subtracts the mean, and the convolution's bias with it.` }
  }
}

// Below this Wu and He measure a clear loss of accuracy.
const LEAST_BATCH = 8

function* smallBatch({ steps, given }: Context): Generator<Breach> {
  const norms = steps.filter(isBatchNorm)
  if (given.batchSize === null || given.batchSize >= LEAST_BATCH || norms.length === 0) return
  const others = norms.length === 1 ? '' : ` and ${norms.length - 1} more`
  yield {
    path: norms[0].call.path,
    why: `Batch norm${others === '' ? '' : ` (this one${others})`} estimates its statistics from ${given.batchSize} images, which is too noisy.`,
  }
}

export const normRules: readonly Rule[] = [
  {
    id: 'norm-after-activation',
    severity: 'info',
    cure: 'Put the batch norm between the layer and its activation.',
    source: 'Ioffe and Szegedy, Batch Normalization, 2015, section 3.2',
    check: afterActivation,
  },
  {
    id: 'bias-before-norm',
    severity: 'info',
    cure: 'Give the convolution bias: false.',
    source: 'Ioffe and Szegedy, Batch Normalization, 2015, section 3.2',
    check: biasBeforeNorm,
  },
  {
    id: 'small-batch-norm',
    severity: 'warning',
    cure: 'Use group norm, which does not depend on the batch, or larger batches.',
    source: 'Wu and He, Group Normalization, 2018',
    check: smallBatch,
  },
]
