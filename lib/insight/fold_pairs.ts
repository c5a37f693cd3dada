import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from '../nn/batch_norm.ts'
import { Sequential } from '../nn/containers.ts'
import { ConvLayer } from '../nn/conv_layer.ts'
import { ConvTransposeLayer } from '../nn/conv_transpose_layer.ts'
import { LazyLinear, Linear } from '../nn/linear.ts'
import type { Module } from '../nn/module.ts'
import { Parameter } from '../nn/parameter.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Step, Trace } from './trace.ts'

/** A layer that a batch norm can be folded into. */
export type FoldableLayer = ConvLayer | ConvTransposeLayer | Linear | LazyLinear
/** A batch norm with running statistics. */
export type BatchNorm = BatchNorm1d | BatchNorm2d | BatchNorm3d

/** A batch norm and, where it can be folded, the layer before it. */
export interface NormPlace {
  readonly norm: BatchNorm
  readonly layer: FoldableLayer | null
  /** Why there is no layer. */
  readonly why: string
}

export function isBatchNorm(module: Module): module is BatchNorm {
  return [BatchNorm1d, BatchNorm2d, BatchNorm3d].some((kind) => module instanceof kind)
}

export function isFoldable(module: Module): module is FoldableLayer {
  return [ConvLayer, ConvTransposeLayer, Linear, LazyLinear].some((kind) => module instanceof kind)
}

const NO_STATISTICS = 'it keeps no running statistics, so every batch is normalised by its own'
const NO_LAYER = 'what it normalises is not the output of a convolution, transposed convolution or linear layer'
const SHARED_NORM = 'it is used more than once'

/** Which modules hold each parameter. */
function ownersOf(model: Module): Map<Tensor, Module[]> {
  const owners = new Map<Tensor, Module[]>()
  for (const module of model.modules()) {
    for (const [, parameter] of module.ownParameters()) {
      owners.set(parameter, [...(owners.get(parameter) ?? []), module])
    }
  }
  return owners
}

/** Pairs a model's batch norms with the layers before them, as a forward pass went. */
export function pairsOf(model: Module, trace: Trace): NormPlace[] {
  const owners = ownersOf(model)
  const ownerOf = ({ leaves }: Step): Module | null => {
    const weight = leaves[1]
    const modules = weight instanceof Parameter ? owners.get(weight) : undefined
    return modules?.length === 1 ? modules[0] : null
  }
  const stepsOf = new Map<Module, Step[]>()
  for (const step of trace.steps) {
    // A norm without weight is known by where it runs; a layer's own padding is no use of its weight.
    const module = ownerOf(step) ?? (isBatchNorm(step.call.module) ? step.call.module : null)
    if (module !== null) stepsOf.set(module, [...(stepsOf.get(module) ?? []), step])
  }
  const outputs = new Set(trace.root.outputs.map(({ step }) => step))
  const layerBefore = (norm: BatchNorm): FoldableLayer | string => {
    const steps = stepsOf.get(norm)?.filter(({ op }) => op.startsWith('batchNorm')) ?? []
    if (steps.length !== 1) return steps.length === 0 ? 'the forward pass does not use it' : SHARED_NORM
    const source = steps[0].inputs[0]
    const layer = source === null ? null : ownerOf(source)
    if (source === null || layer === null || !isFoldable(layer)) return NO_LAYER
    // The channels of a batch norm are the second dimension, the features of a linear layer the last.
    if (!/^(conv|linear)/.test(source.op) || (source.op === 'linear' && source.shape.length !== 2)) return NO_LAYER
    if (stepsOf.get(layer)?.length !== 1) return 'the layer before it is used more than once'
    const alone = source.readers.length === 1 && !outputs.has(source)
    return alone ? layer : 'the output of the layer before it is read elsewhere too'
  }
  return placesOf(model, layerBefore)
}

/** Pairs neighbours in every `Sequential`, for a model whose forward pass nobody could follow. */
export function neighbouringPairs(model: Module): NormPlace[] {
  const uses = new Map<Module, number>()
  const before = new Map<Module, Module>()
  for (const module of model.modules()) {
    const children = module.children()
    for (const [i, child] of children.entries()) {
      uses.set(child, (uses.get(child) ?? 0) + 1)
      if (module instanceof Sequential && i > 0) before.set(child, children[i - 1])
    }
  }
  return placesOf(model, (norm) => {
    const layer = before.get(norm)
    if (uses.get(norm) !== 1) return SHARED_NORM
    if (layer === undefined)
      return 'the order of the modules is not known; pass an inputShape to follow the forward pass'
    if (!isFoldable(layer)) return NO_LAYER
    return uses.get(layer) === 1 ? layer : 'the layer before it is used more than once'
  })
}

function placesOf(model: Module, layerBefore: (norm: BatchNorm) => FoldableLayer | string): NormPlace[] {
  return [...model.modules()].filter(isBatchNorm).map((norm) => {
    if (norm.runningMean === null || norm.runningVar === null) return { norm, layer: null, why: NO_STATISTICS }
    const found = layerBefore(norm)
    return typeof found === 'string' ? { norm, layer: null, why: found } : { norm, layer: found, why: '' }
  })
}
