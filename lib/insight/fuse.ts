import { inspect } from 'node:util'
import { ConvTransposeLayer } from '../nn/conv_transpose_layer.ts'
import { Identity } from '../nn/layers.ts'
import { LazyLinear, Linear } from '../nn/linear.ts'
import type { Module } from '../nn/module.ts'
import { ownParameter, type Parameter } from '../nn/parameter.ts'
import { tensor } from '../tensor/create.ts'
import { getGeneratorState, setGeneratorState } from '../tensor/generator.ts'
import { untracked } from '../tensor/scope.ts'
import { copyElements, emptyLike, type Tensor } from '../tensor/tensor.ts'
import { checkOptions } from '../util/check.ts'
import { StateError } from '../util/errors.ts'
import type { Shape } from '../util/shape.ts'
import { copyModule } from './copy_module.ts'
import {
  type BatchNorm,
  type FoldableLayer,
  isFoldable,
  type NormPlace,
  neighbouringPairs,
  pairsOf,
} from './fold_pairs.ts'
import { checkMaterialized, type InputShape, inputShapes } from './meta_pass.ts'
import { formatTable } from './table.ts'
import { type Trace, TraceError, traceForward, traceOrThrow } from './trace.ts'

/** A batch norm that is now part of a layer. */
export interface FoldedNorm {
  /** Path of the norm in the model. */
  readonly norm: string
  /** Path of the layer whose weight and bias took it over. */
  readonly layer: string
}

/** A batch norm that stayed. */
export interface KeptNorm {
  /** Path of the norm in the model. */
  readonly norm: string
  /** Why it could not be folded, in words. */
  readonly why: string
}

/** The input on whose way through the model {@link fuse} sees what each norm follows. */
export interface FuseOptions {
  /** Shape of an input, the batch included; by default one of a few usual sizes that the model accepts. */
  inputShape?: InputShape
}

/** What {@link fuse} returns; `String(…)` lists what was folded. */
export class FuseResult<M extends Module = Module> {
  /** A copy of the model with the batch norms folded away. */
  readonly model: M
  /** The norms that are gone. */
  readonly folded: readonly FoldedNorm[]
  /** Those that are still there. */
  readonly kept: readonly KeptNorm[]

  constructor(model: M, folded: readonly FoldedNorm[], kept: readonly KeptNorm[]) {
    this.model = model
    this.folded = folded
    this.kept = kept
  }

  /** The same as a table. */
  toString(): string {
    const rows = [
      ...this.folded.map(({ norm, layer }) => [norm, `folded into ${layer}`]),
      ...this.kept.map(({ norm, why }) => [norm, `kept: ${why}`]),
    ]
    return formatTable([{ heading: 'Batch norm' }, { heading: 'Result' }], rows).join('\n')
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

/** Spatial sizes that images usually have. */
const USUAL_SIZES = [224, 32, 28, 64, 96, 128, 256, 299, 48, 16, 8]

/** Inputs that may fit, by the first layer that has weights. */
function likelyShapes(model: Module): Shape[] {
  const first = [...model.modules()].find(isFoldable)
  if (first === undefined) return []
  if (first instanceof Linear || first instanceof LazyLinear) return [[1, first.weight.shape[1]]]
  return USUAL_SIZES.map((size) => [1, first.inChannels, ...first.kernelSize.map(() => size)])
}

/** A forward pass through the model, or null when none of the likely inputs fits. */
function followed(model: Module, shape: InputShape | undefined): Trace | null {
  if (shape !== undefined) return traceOrThrow(model, inputShapes('fuse', shape), { op: 'fuse', training: false })
  for (const likely of likelyShapes(model)) {
    try {
      return traceForward(model, [likely], { training: false })
    } catch (error) {
      if (!(error instanceof TraceError)) throw error
    }
  }
  return null
}

/** `scale = weight / √(runningVar + eps)` and `shift = bias − runningMean · scale`, per channel. */
function affineOf({ weight, bias, runningMean, runningVar, eps }: BatchNorm): { scale: number[]; shift: number[] } {
  const values = (row: Tensor | null, absent: number, size: number): number[] =>
    row === null ? new Array<number>(size).fill(absent) : Array.from(row.toTypedArray(), Number)
  const means = values(runningMean, 0, 0)
  const variances = values(runningVar, 1, 0)
  const weights = values(weight, 1, means.length)
  const biases = values(bias, 0, means.length)
  const scale = variances.map((variance, c) => weights[c] / Math.sqrt(variance + eps))
  return { scale, shift: means.map((mean, c) => biases[c] - mean * scale[c]) }
}

/** The output channel that each element of a layer's weight belongs to, by its place in row-major order. */
function channelOf(layer: FoldableLayer): (index: number) => number {
  const { shape, size } = layer.weight
  if (!(layer instanceof ConvTransposeLayer)) return (index) => Math.floor(index / (size / shape[0]))
  // [inChannels, outChannels / groups, ...kernelSize]
  const [inputs, perGroup] = shape
  const window = size / (inputs * perGroup)
  const inputsPerGroup = inputs / layer.options.groups
  return (index) => {
    const group = Math.floor(index / (window * perGroup * inputsPerGroup))
    return group * perGroup + (Math.floor(index / window) % perGroup)
  }
}

/** A parameter with other values, in the same order in memory. */
function rewritten(parameter: Parameter, values: Float32Array): Parameter {
  return untracked(() => {
    const source = tensor(values, { shape: parameter.shape })
    const target = emptyLike(parameter)
    copyElements('fuse', source, target)
    source.dispose()
    return withGradOf(parameter, ownParameter(target))
  })
}

function withGradOf(source: Parameter, target: Parameter): Parameter {
  target.requiresGrad = source.requiresGrad
  return target
}

/** `weight ← weight · scale[channel]`, `bias ← bias · scale + shift`. */
function foldInto(layer: FoldableLayer, norm: BatchNorm): void {
  const { scale, shift } = affineOf(norm)
  const channel = channelOf(layer)
  const weights = layer.weight.toTypedArray() as Float32Array
  // In place: the products are rounded once, and calls for each of millions of elements would take seconds.
  for (let i = 0; i < weights.length; i++) weights[i] *= scale[channel(i)]
  const biases = layer.bias === null ? null : (layer.bias.toTypedArray() as Float32Array)
  const bias = untracked(() => ownParameter(tensor(shift.map((value, c) => (biases?.[c] ?? 0) * scale[c] + value))))
  const { weight } = layer
  Object.assign(layer, { weight: rewritten(weight, weights), bias: withGradOf(weight, bias) })
  weight.dispose()
}

/** Refuses a model of which any part is in training mode. */
function checkEvaluation(model: Module): void {
  for (const [path, module] of model.namedModules()) {
    if (!module.training) continue
    const name = path === '' ? module.constructor.name : `${path} (${module.constructor.name})`
    throw new StateError(
      `fuse: expected a model in evaluation mode, got ${name} in training; call model.eval() first: ` +
        'in training batch norm uses the statistics of the batch, which no weight can hold',
    )
  }
}

/**
 * Folds batch norms into the convolution, transposed convolution or linear layer before them, for inference:
 *
 * `weight ← weight · γ / √(var + eps)`, `bias ← (bias − mean) · γ / √(var + eps) + β`
 *
 * with the running statistics. Returns a copy, in which an `Identity` stands where a norm was; the model itself is left as
 * it is. Which layer comes before which norm is read off a forward pass on shapes alone, so it works inside residual
 * blocks and modules of one's own: of the input given, or of the first usual size that fits; where none does, only
 * neighbours in a `Sequential` are folded. A norm is kept where something else reads the layer's output, or either is
 * used more than once. Hooks are not copied.
 *
 * ```ts
 * const { model: fast, folded } = fuse(model.eval())
 * ```
 *
 * @throws {StateError} when any part of the model is in training mode, or cannot be copied.
 * @throws {ShapeError} when the input shape does not fit.
 *
 * Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
 * 2018, section 3.2.
 */
export function fuse<M extends Module>(model: M, options: FuseOptions = {}): FuseResult<M> {
  checkOptions('fuse', options, ['inputShape'])
  checkMaterialized('fuse', model as Module)
  checkEvaluation(model)
  const trace = followed(model, options.inputShape)
  const places = trace === null ? neighbouringPairs(model) : pairsOf(model, trace)
  const paths = new Map(Array.from(model.namedModules(), ([path, module]) => [module as Module, path]))
  const copies = new Map<Module, Module>()
  const folds: (NormPlace & { layer: FoldableLayer })[] = []
  for (const place of places) {
    const { norm, layer } = place
    if (layer === null) continue
    folds.push({ ...place, layer })
    copies.set(norm, new Identity().eval())
  }
  const generator = getGeneratorState()
  const fused = copyModule('fuse', model, copies)
  setGeneratorState(generator)
  const byPath = new Map(fused.namedModules())
  const pathOf = (module: Module): string => paths.get(module) ?? ''
  for (const { norm, layer } of folds) foldInto(byPath.get(pathOf(layer)) as unknown as FoldableLayer, norm)
  return new FuseResult(
    fused,
    folds.map(({ norm, layer }) => ({ norm: pathOf(norm), layer: pathOf(layer) })),
    places.flatMap(({ norm, layer, why }) => (layer === null ? [{ norm: pathOf(norm), why }] : [])),
  )
}
