import { checkChoice, describe } from '../util/check.ts'
import { DTypeError } from '../util/errors.ts'
import {
  CELU,
  ELU,
  GELU,
  Hardsigmoid,
  Hardswish,
  LeakyReLU,
  Mish,
  ReLU6,
  SELU,
  Sigmoid,
  SiLU,
  Softplus,
  Softsign,
  Tanh,
} from './activations.ts'
import { BatchNorm1d, BatchNorm2d } from './batch_norm.ts'
import { GroupNorm } from './group_norm.ts'
import { InstanceNorm2d } from './instance_norm.ts'
import { LayerNorm } from './layer_norm.ts'
import { ReLU } from './layers.ts'
import { Module } from './module.ts'

/** Normalizations by name. */
const NORMS = ['batch', 'group', 'layer', 'instance'] as const
/** Activations by name, as `functional` has them. */
const ACTIVATIONS = {
  relu: () => new ReLU(),
  relu6: () => new ReLU6(),
  leakyRelu: () => new LeakyReLU(),
  elu: () => new ELU(),
  selu: () => new SELU(),
  celu: () => new CELU(),
  silu: () => new SiLU(),
  gelu: () => new GELU(),
  mish: () => new Mish(),
  sigmoid: () => new Sigmoid(),
  tanh: () => new Tanh(),
  softplus: () => new Softplus(),
  softsign: () => new Softsign(),
  hardsigmoid: () => new Hardsigmoid(),
  hardswish: () => new Hardswish(),
}
type ActivationName = keyof typeof ACTIVATIONS
const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as ActivationName[]

/** A normalization behind a convolution: by its name, or a function that makes one for a number of channels. */
export type NormLayer = (typeof NORMS)[number] | ((channels: number) => Module)

/** An activation: by its name, or a function that makes one. */
export type ActivationLayer = ActivationName | (() => Module)

/** Which layers blocks and models are made of. */
export interface LayerChoice {
  /** The normalization, `batch` by default. */
  normLayer?: NormLayer
  /** The activation, `relu` unless the model's own is another. */
  activation?: ActivationLayer
  /** Whether a layer is normalised before its activation, which is the default, or after it. */
  normOrder?: 'beforeActivation' | 'afterActivation'
}

/** Names of the options of {@link LayerChoice}. */
export const LAYER_CHOICES = ['normLayer', 'activation', 'normOrder']

/**
 * Groups of channels for group normalization: the most that divide the channels, up to the 32 of the paper, and leave no
 * group with a single channel, whose statistics would be those of instance normalization.
 */
function groupsOf(channels: number): number {
  for (let groups = Math.min(32, Math.floor(channels / 2)); groups > 1; groups--) {
    if (channels % groups === 0) return groups
  }
  return 1
}

/**
 * The normalization of images `[N, channels, H, W]` that was chosen: `batch` and `instance` with their own classes, `group`
 * and `layer` as `GroupNorm`, the latter with one group. All scale and shift each channel.
 *
 * Source: Wu and He, "Group Normalization", 2018.
 *
 * @throws {RangeError} for a name that is none.
 */
export function makeNorm(op: string, channels: number, { normLayer = 'batch' }: LayerChoice): Module {
  if (typeof normLayer === 'function') return made(op, 'normLayer', normLayer(channels))
  switch (checkChoice(op, 'normLayer', normLayer, NORMS)) {
    case 'group':
      return new GroupNorm(groupsOf(channels), channels)
    case 'layer':
      return new GroupNorm(1, channels)
    case 'instance':
      return new InstanceNorm2d(channels, { affine: true })
    default:
      return new BatchNorm2d(channels)
  }
}

/**
 * The normalization of rows `[N, features]` that was chosen: `BatchNorm1d` for `batch`; the others all normalise a row by
 * itself, which is `LayerNorm`.
 *
 * @throws {RangeError} for a name that is none.
 */
export function makeRowNorm(op: string, features: number, { normLayer = 'batch' }: LayerChoice): Module {
  if (typeof normLayer === 'function') return made(op, 'normLayer', normLayer(features))
  checkChoice(op, 'normLayer', normLayer, NORMS)
  return normLayer === 'batch' ? new BatchNorm1d(features) : new LayerNorm(features)
}

/**
 * The activation that was chosen.
 *
 * @throws {RangeError} for a name that is none.
 */
export function makeActivation(op: string, { activation = 'relu' }: LayerChoice): Module {
  if (typeof activation === 'function') return made(op, 'activation', activation())
  return ACTIVATIONS[checkChoice(op, 'activation', activation, ACTIVATION_NAMES)]()
}

function made(op: string, name: string, value: unknown): Module {
  if (value instanceof Module) return value as Module
  throw new DTypeError(`${op}: expected ${name} to return a module, got ${describe(value)}`)
}

/**
 * Whether the normalization comes before the activation.
 *
 * @throws {RangeError} for an order that is none.
 */
export function isNormFirst(op: string, { normOrder = 'beforeActivation' }: LayerChoice): boolean {
  return checkChoice(op, 'normOrder', normOrder, ['beforeActivation', 'afterActivation']) === 'beforeActivation'
}

/** Normalization and activation behind one layer, in the order that was chosen. */
export function inOrder(op: string, norm: Module, activation: Module, choice: LayerChoice): Module[] {
  return isNormFirst(op, choice) ? [norm, activation] : [activation, norm]
}
