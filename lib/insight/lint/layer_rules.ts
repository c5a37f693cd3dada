import type { Shape } from '../../util/shape.ts'
import { sameShape } from '../../util/shape.ts'
import type { Step } from '../trace.ts'
import type { Context } from './context.ts'
import {
  areaOf,
  isConvolution,
  isLinearGlue,
  isLinearLayer,
  isNonlinear,
  isNorm,
  isSaturating,
  placeOf,
  sourceOf,
  windowOf,
} from './graph.ts'
import type { Breach, Rule } from './rule.ts'

/** Channels or features that a layer reads and makes. */
function widthsOf(step: Step): [from: number, to: number] {
  const at = isLinearLayer(step) ? -1 : 1
  return [step.inputShapes[0].at(at) ?? 0, step.shape.at(at) ?? 0]
}

/** Whether two layers in a row are one in two parts: by group, by axis or through a narrow middle. */
function isFactorised(first: Step, second: Step): boolean {
  const [from, middle] = widthsOf(first)
  const [, to] = widthsOf(second)
  if (middle < Math.min(from, to)) return true
  const [a, b] = [windowOf(first), windowOf(second)]
  if (a === null || b === null) return false
  if (a.groups > 1 || b.groups > 1) return true
  const wide = (kernel: readonly number[]): boolean => kernel.some((size) => size > 1)
  return wide(a.kernel) && wide(b.kernel) && a.kernel.every((size, i) => size === 1 || b.kernel[i] === 1)
}

function* missingNonlinearity({ steps }: Context): Generator<Breach> {
  for (const step of steps) {
    if (!isLinearLayer(step) && !isConvolution(step)) continue
    // What something else reads as well, such as the gate of squeeze and excitation, cannot be made one with this layer.
    const before = sourceOf(step, (source) => isLinearGlue(source) && source.readers.length === 1)
    if (before === null || before.op !== step.op || before.readers.length > 1 || isFactorised(before, step)) continue
    yield {
      path: step.call.path,
      why: `Nothing between ${placeOf(before)} and this layer is non-linear, so both together do what one could.`,
    }
  }
}

function* softmaxOutput({ lastStep }: Context): Generator<Breach> {
  if (lastStep?.op !== 'softmax') return
  yield {
    path: lastStep.call.path,
    why: 'The model ends in softmax, and cross entropy takes the softmax of its input itself.',
  }
}

function* reluOutput({ lastStep }: Context): Generator<Breach> {
  if (lastStep === null || !/^(relu|relu6)$/.test(lastStep.op)) return
  const source = sourceOf(lastStep, isNorm)
  if (source === null || !isLinearLayer(source)) return
  yield {
    path: lastStep.call.path,
    why: 'The activation behind the last layer cuts off all negative outputs and their gradients.',
  }
}

// Glorot and Bengio see sigmoids stop learning from four hidden layers on; with the output's it is five.
const DEEP = 5

/** A gate multiplies something; what saturates there hides no gradient of the layers below. */
const isGate = (step: Step): boolean => step.readers.some(({ op }) => op === 'mul')

function* saturating({ steps, lastStep }: Context): Generator<Breach> {
  const depth = new Map<Step, number>()
  for (const step of steps) {
    const before = Math.max(0, ...step.inputs.map((input) => (input === null ? 0 : (depth.get(input) ?? 0))))
    const counts = isSaturating(step) && !isGate(step) && step !== lastStep
    const here = isNorm(step) ? 0 : before + (counts ? 1 : 0)
    depth.set(step, here)
    if (!counts || here !== DEEP) continue
    yield {
      path: step.call.path,
      why: `This is the fifth ${step.op} in a row without a norm between them, and gradients shrink at each.`,
    }
    return
  }
}

/** Whether shapes that broadcast do so over places or channels. */
function differ(a: Shape, b: Shape): boolean {
  return a.length > 2 && b.length > 2 && !sameShape(a, b)
}

function* residualShapes({ steps, failure }: Context): Generator<Breach> {
  for (const step of steps) {
    // A parameter that is added, such as a position's code, is meant to be repeated.
    const branches = step.inputs.every((input, i) => input !== null || step.given[i])
    if (step.op !== 'add' || !branches || !differ(step.inputShapes[0], step.inputShapes[1])) continue
    const [a, b] = step.inputShapes.map((shape) => `[${shape.join(', ')}]`)
    yield { path: step.call.path, why: `Branches of shapes ${a} and ${b} are added, and the smaller one is repeated.` }
  }
  if (failure !== null && isAddition(failure.message)) {
    yield { path: failure.call.path, why: `Branches that do not fit are added: ${failure.message}.` }
  }
}

const isAddition = (message: string): boolean => /^(add|add_|sub): /.test(message)

function* forwardFails({ failure }: Context): Generator<Breach> {
  if (failure === null || isAddition(failure.message)) return
  yield { path: failure.call.path, why: `The forward pass fails here: ${failure.message}.` }
}

function* repeatedActivation({ steps }: Context): Generator<Breach> {
  for (const step of steps) {
    const [source] = step.inputs
    if (source == null || !isNonlinear(step) || step.op !== source.op || !/^(relu|relu6)$/.test(step.op)) continue
    yield {
      path: step.call.path,
      why: `${step.op} behind ${step.op} changes nothing${areaOf(step.shape) > 1 ? ' but costs a pass over the map' : ''}.`,
    }
  }
}

export const layerRules: readonly Rule[] = [
  {
    id: 'missing-nonlinearity',
    severity: 'warning',
    cure: 'Put an activation between them, or leave one out.',
    source: 'Goodfellow, Bengio, Courville, Deep Learning, 2016, section 6.1',
    check: missingNonlinearity,
  },
  {
    id: 'repeated-activation',
    severity: 'info',
    cure: 'Leave one of them out.',
    source: 'Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, 2010',
    check: repeatedActivation,
  },
  {
    id: 'softmax-before-cross-entropy',
    severity: 'warning',
    cure: 'Return the scores, and take the softmax only where probabilities are shown.',
    source: 'torch.nn.CrossEntropyLoss documentation: the input is expected to contain unnormalized logits',
    check: softmaxOutput,
  },
  {
    id: 'activation-at-the-end',
    severity: 'warning',
    cure: 'Leave it out.',
    source: 'Goodfellow, Bengio, Courville, Deep Learning, 2016, section 6.2.2',
    check: reluOutput,
  },
  {
    id: 'saturating-stack',
    severity: 'warning',
    cure: 'Use ReLU or one of its relatives, or put a batch norm before each of them.',
    source: 'Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010',
    check: saturating,
  },
  {
    id: 'residual-shapes',
    severity: 'error',
    cure: 'Project the shortcut with a 1×1 convolution of the same stride and channels.',
    source: 'He et al., Deep Residual Learning for Image Recognition, 2016, section 3.2',
    check: residualShapes,
  },
  {
    id: 'forward-fails',
    severity: 'error',
    cure: 'Make the sizes fit, or give lint the input shape that the model is for.',
    source: 'a forward pass on shapes alone',
    check: forwardFails,
  },
]
