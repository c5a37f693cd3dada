import type { Shape } from '../../util/shape.ts'
import type { Call, Step } from '../trace.ts'
import type { Context } from './context.ts'
import { areaOf, isDropout } from './graph.ts'
import type { Breach, Rule } from './rule.ts'

/** A dropout where it is applied. */
interface DropoutUse {
  readonly path: string
  readonly rate: number
  readonly shape: Shape
  /** Null where nothing was dropped, because the rate is 0. */
  readonly step: Step | null
  /** Whether it reads the model's input. */
  readonly first: boolean
}

function rateOf(step: Step): number {
  const problem = step.kernels.map(({ args }) => args[0] as { p?: number }).find((one) => typeof one?.p === 'number')
  // Without a problem everything was dropped.
  return problem?.p ?? 1
}

/** Dropout modules, and dropout called as a function. */
function dropoutsOf({ trace, steps }: Context): DropoutUse[] {
  const modules = trace.calls.flatMap((call: Call): DropoutUse[] => {
    const { p } = call.module as { p?: unknown }
    if (!/Dropout/.test(call.module.constructor.name) || typeof p !== 'number' || call.outputs.length === 0) return []
    const step = steps.find((one) => one.call === call) ?? null
    const { shape, step: source } = call.inputs[0]
    return [{ path: call.path, rate: p, shape, step, first: source === null }]
  })
  const functions = steps.flatMap((step): DropoutUse[] => {
    if (!isDropout(step) || /Dropout/.test(step.call.module.constructor.name)) return []
    return [{ path: step.call.path, rate: rateOf(step), shape: step.shape, step, first: step.inputs[0] === null }]
  })
  return [...modules, ...functions]
}

/** Whether dropout is applied to feature maps that still have places. */
function isOnMaps({ field, shape }: { field: boolean; shape: Shape }): boolean {
  return field && shape.length > 2 && areaOf(shape) > 1
}

function onMaps(context: Context, { step, shape }: DropoutUse): boolean {
  const field = step === null ? null : context.fieldOf(step)
  return isOnMaps({ field: field !== null && !field.collapsed, shape })
}

function* early(context: Context): Generator<Breach> {
  for (const use of dropoutsOf(context)) {
    const { step, path } = use
    if (step === null || !onMaps(context, use)) continue
    const before = context.convolutionsBefore(step)
    const after = context.convolutionsAfter(step)
    if (before === 0 || after === 0 || before > after) continue
    yield {
      path,
      why: `Dropout behind convolution ${before} of ${before + after} takes away features that all later ones build on.`,
    }
  }
}

function* elementwise(context: Context): Generator<Breach> {
  for (const use of dropoutsOf(context)) {
    const { step, path } = use
    if (step === null || step.op !== 'dropout' || !onMaps(context, use) || context.convolutionsBefore(step) === 0)
      continue
    yield {
      path,
      why: 'Neighbours in a feature map are alike, so dropping single elements hides little and only lowers the learning rate.',
    }
  }
}

// The largest rate that is usual in each place. Srivastava et al.: 0.2 for inputs, 0.5 for hidden layers; Park and Kwak:
// 0.1 to 0.3 for convolutions.
const MOST = { input: 0.3, maps: 0.3, rows: 0.6 }
const PLACES = { input: 'the input', maps: 'feature maps', rows: 'a fully connected layer' }

function* rates(context: Context): Generator<Breach> {
  for (const use of dropoutsOf(context)) {
    const place = use.first ? 'input' : onMaps(context, use) ? 'maps' : 'rows'
    if (use.rate === 0) yield { path: use.path, why: 'A rate of 0 drops nothing.' }
    else if (use.rate > MOST[place]) {
      yield { path: use.path, why: `A rate of ${use.rate} on ${PLACES[place]} is above the usual ${MOST[place]}.` }
    }
  }
}

export const dropoutRules: readonly Rule[] = [
  {
    id: 'dropout-early',
    severity: 'warning',
    cure: 'Leave it out or move it behind the last convolutions, and rely on batch norm and weight decay before.',
    source: 'Li et al., Understanding the Disharmony between Dropout and Batch Normalization by Variance Shift, 2019',
    check: early,
  },
  {
    id: 'dropout-elementwise',
    severity: 'warning',
    cure: 'Use Dropout2d (Dropout1d, Dropout3d), which drops whole channels.',
    source: 'Tompson et al., Efficient Object Localization Using Convolutional Networks, 2015',
    check: elementwise,
  },
  {
    id: 'dropout-rate',
    severity: 'warning',
    cure: 'Use 0.2 on the input, 0.1 to 0.3 on feature maps and 0.2 to 0.5 in front of a fully connected layer.',
    source: 'Srivastava et al., Dropout, 2014; Park and Kwak, Analysis on the Dropout Effect in CNNs, 2016',
    check: rates,
  },
]
