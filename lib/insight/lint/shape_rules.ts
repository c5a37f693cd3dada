import type { Step } from '../trace.ts'
import type { Context } from './context.ts'
import { areaOf, isConvolution, isReshaping, sourceOf, windowOf } from './graph.ts'
import type { Breach, Rule } from './rule.ts'

const isTransposed = (step: Step): boolean => step.op.startsWith('convTranspose')

/** Convolutions that look at neighbours, with their windows. */
function windowed({ steps }: Context): { step: Step; kernel: readonly number[] }[] {
  return steps.flatMap((step) => {
    const window = isConvolution(step) && !isTransposed(step) ? windowOf(step) : null
    return window?.kernel.some((size) => size > 1) ? [{ step, kernel: window.kernel }] : []
  })
}

function* evenKernel({ steps }: Context): Generator<Breach> {
  for (const step of steps) {
    const window = isConvolution(step) && !isTransposed(step) ? windowOf(step) : null
    if (window === null) continue
    const before = step.inputShapes[0].slice(2)
    const after = step.shape.slice(2)
    const at = window.kernel.findIndex((kernel, i) => {
      if (kernel % 2 === 1 || window.stride[i] !== 1) return false
      return after[i] === before[i] || (window.padding[i] > 0 && Math.abs(after[i] - before[i]) === 1)
    })
    if (at === -1) continue
    const effect =
      after[at] === before[at]
        ? 'shifts the image by half an element'
        : `changes the size from ${before[at]} to ${after[at]}`
    yield {
      path: step.call.path,
      why: `A window of ${window.kernel.join('x')} has no middle, so padding it to keep the size ${effect}.`,
    }
  }
}

function* collapsed(context: Context): Generator<Breach> {
  const first = windowed(context).find(({ step }) => areaOf(step.inputShapes[0]) === 1)
  if (first === undefined) return
  const { step, kernel } = first
  yield {
    path: step.call.path,
    why: `The feature map has shrunk to a single place before this convolution of ${kernel.join('x')}, which sees nothing but padding around it.`,
  }
}

function* tooLarge(context: Context): Generator<Breach> {
  const image = context.given.inputShape.slice(2)
  for (const { step } of windowed(context)) {
    const field = step.inputs[0] === null ? null : context.fieldOf(step.inputs[0])
    // From its corner a window of 2n − 1 covers an image of n.
    if (field === null || field.collapsed || !field.axes.every(({ least }, i) => least >= 2 * image[i] - 1)) continue
    const sees = field.axes.map(({ least }) => least).join('x')
    yield {
      path: step.call.path,
      why: `Every place already sees ${sees} of the image of ${image.join('x')} before this convolution, which has nothing to add.`,
    }
    return
  }
}

// A global average over features that each see less than this share of the side has lost where its parts belong together.
const FAR_SMALLER = 1 / 4

/** Whether anything that depends on an op still has places. */
function leadsToMaps(step: Step, seen = new Set<Step>()): boolean {
  if (seen.has(step)) return false
  seen.add(step)
  return areaOf(step.shape) > 1 || step.readers.some((reader) => leadsToMaps(reader, seen))
}

function* tooSmall(context: Context): Generator<Breach> {
  const image = context.given.inputShape.slice(2)
  for (const step of context.steps) {
    const [source] = step.inputs
    if (!/^(mean|globalAvgPool|globalMaxPool|adaptive\w*Pool\dd|avgPool\dd|maxPool\dd|max|amax)$/.test(step.op))
      continue
    const field = source == null ? null : context.fieldOf(source)
    if (field === null || field.collapsed || areaOf(step.inputShapes[0]) === 1 || leadsToMaps(step)) continue
    if (!field.axes.every(({ size }, i) => size < FAR_SMALLER * image[i])) continue
    const sees = field.axes.map(({ size }) => size).join('x')
    yield {
      path: step.call.path,
      why: `Global pooling averages features that see only ${sees} of the image of ${image.join('x')}: textures, no shapes.`,
    }
  }
}

// Below a million numbers a layer costs too little to be worth a thought.
const HEAVY = 1_000_000

function* dominantLinear(context: Context): Generator<Breach> {
  const total = context.parameterCount
  for (const step of context.steps) {
    const weight = step.op === 'linear' ? step.leaves[1] : null
    if (weight == null || weight.size < HEAVY || weight.size <= total / 2) continue
    const map = sourceOf(step, (source) => isReshaping(source) && areaOf(source.shape) === 1)
    const flattened = map === null ? step.inputShapes[0] : isReshaping(map) ? map.inputShapes[0] : map.shape
    if (context.convolutionsBefore(step) === 0 || areaOf(flattened) === 1) continue
    const share = Math.round((100 * weight.size) / total)
    yield {
      path: step.call.path,
      why: `This layer on a flattened map of ${flattened.slice(1).join('x')} holds ${share} % of the model's ${total} parameters.`,
    }
  }
}

export const shapeRules: readonly Rule[] = [
  {
    id: 'even-kernel',
    severity: 'warning',
    cure: 'Use an odd kernel size where the size is to stay.',
    source: 'Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016, section 2.3',
    check: evenKernel,
  },
  {
    id: 'collapsed-map',
    severity: 'warning',
    cure: 'Take away a stride or a pooling before it, or use larger images; ResNets have stem: "cifar" for small ones.',
    source: 'He et al., Deep Residual Learning for Image Recognition, 2016, section 4.2',
    check: collapsed,
  },
  {
    id: 'receptive-field-large',
    severity: 'info',
    cure: 'Leave out the layers from here on, or use larger images or fewer strides and poolings before.',
    source: 'Richter et al., (Input) Size Matters for CNN Classifiers, 2021',
    check: tooLarge,
  },
  {
    id: 'receptive-field-small',
    severity: 'warning',
    cure: 'Add layers, strides or pooling before the global pooling, or dilate the convolutions.',
    source: 'Araujo et al., Computing Receptive Fields of Convolutional Neural Networks, 2019',
    check: tooSmall,
  },
  {
    id: 'dominant-linear',
    severity: 'info',
    cure: 'Pool the map globally, or to a few places, before the layer.',
    source: 'Lin et al., Network In Network, 2014, section 3.2',
    check: dominantLinear,
  },
]
