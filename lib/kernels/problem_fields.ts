import { type Activation, activations } from '../reference/activation.ts'
import type { AdaptiveAvgPoolProblem } from '../reference/adaptive_avg_pool.ts'
import type { AdaptiveMaxPoolProblem } from '../reference/adaptive_max_pool.ts'
import type { AvgPoolProblem } from '../reference/avg_pool.ts'
import type { BatchNormProblem } from '../reference/batch_norm.ts'
import type { BinaryOp, BinaryProblem, CompareOp } from '../reference/binary.ts'
import type { CastProblem } from '../reference/cast.ts'
import type { Conv2dProblem } from '../reference/conv2d.ts'
import type { Conv3dProblem } from '../reference/conv3d.ts'
import type { CopyProblem } from '../reference/copy.ts'
import type { CrossEntropyProblem } from '../reference/cross_entropy.ts'
import type { DropoutProblem } from '../reference/dropout.ts'
import type { GatherRowsProblem } from '../reference/gather_rows.ts'
import type { GroupNormProblem } from '../reference/group_norm.ts'
import { cropModes, type ImageCropProblem } from '../reference/image_crop.ts'
import type { LayerNormProblem } from '../reference/layer_norm.ts'
import type { LinearProblem } from '../reference/linear.ts'
import type { LocalResponseNormProblem } from '../reference/local_response_norm.ts'
import type { SoftmaxProblem } from '../reference/log_softmax.ts'
import type { MatmulProblem } from '../reference/matmul.ts'
import type { MaxPoolProblem } from '../reference/max_pool.ts'
import type { MaxUnpoolProblem } from '../reference/max_unpool.ts'
import type { NllLossProblem } from '../reference/nll_loss.ts'
import { type PadProblem, padModes } from '../reference/pad.ts'
import { type PointwiseLossProblem, pointwiseLosses } from '../reference/pointwise_loss.ts'
import type { PreluProblem } from '../reference/prelu.ts'
import type { NormalProblem, UniformProblem } from '../reference/random.ts'
import type { ReduceOp, ReduceProblem } from '../reference/reduce.ts'
import type { RmsNormProblem } from '../reference/rms_norm.ts'
import type { DType } from '../reference/types.ts'
import type { UnaryOp } from '../reference/unary.ts'
import { type OptimizerProblems, optimizerFields } from './optimizer_fields.ts'
import {
  type Fallback,
  type Field,
  flag,
  list,
  number,
  same,
  short,
  type Value,
  type Values,
  word,
} from './problem_field.ts'

/** The problem behind each op that has kernels, by the stem of its files. */
export interface Problems extends OptimizerProblems {
  fill: { size: number }
  copy: CopyProblem
  cast: CastProblem
  gather_rows: GatherRowsProblem
  image_crop: ImageCropProblem
  pad: PadProblem
  unary: { size: number; op: UnaryOp }
  binary: BinaryProblem & { op: BinaryOp | CompareOp }
  reduce: ReduceProblem
  relu: { size: number }
  activation: { size: number; a: number; b: number; op: Activation }
  prelu: PreluProblem
  dropout: DropoutProblem
  matmul: MatmulProblem
  linear: LinearProblem
  conv2d: Conv2dProblem
  conv3d: Conv3dProblem
  max_pool: MaxPoolProblem
  adaptive_max_pool: AdaptiveMaxPoolProblem
  avg_pool: AvgPoolProblem
  adaptive_avg_pool: AdaptiveAvgPoolProblem
  max_unpool: MaxUnpoolProblem
  batch_norm: BatchNormProblem
  group_norm: GroupNormProblem
  layer_norm: LayerNormProblem
  rms_norm: RmsNormProblem
  local_response_norm: LocalResponseNormProblem
  log_softmax: SoftmaxProblem
  cross_entropy: CrossEntropyProblem
  nll_loss: NllLossProblem
  pointwise_loss: PointwiseLossProblem
  random_uniform: UniformProblem
  random_normal: NormalProblem
}

/** Stem of an op that has problem strings. */
export type ProblemOp = keyof Problems

/** Output size of a window that is given per dimension as size, stride, padding and dilation. */
function windowed(d: 'd' | 'h' | 'w'): (values: Values) => number {
  return (values) => {
    const [i, k, s, p, dilation = 1] = ['i', 'k', 's', 'p', 'd'].map((letter) => values[letter + d] as number)
    return Math.floor((i + 2 * p - dilation * (k - 1) - 1) / s) + 1
  }
}

/** Row-major strides of the list field `name`, the innermost one being `step`. */
function dense(name: string, step: (values: Values) => number = () => 1): (values: Values) => Value {
  return (values) => {
    const shape = values[name] as readonly number[]
    const strides = [...shape]
    let stride = step(values)
    for (let d = shape.length - 1; d >= 0; d--) {
      strides[d] = stride
      stride *= shape[d]
    }
    return strides
  }
}

const product =
  (a: string, b: string) =>
  (values: Values): number =>
    (values[a] as number) * (values[b] as number)

const window2d = [number('kh'), number('kw', same('kh'))]
// The output size comes last, as it follows from all the others.
const strides2d = (stride: Fallback): Field[] => [
  number('sh', stride, true),
  number('sw', same('sh')),
  number('ph', 0, true),
  number('pw', same('ph')),
  number('dh', 1),
  number('dw', same('dh')),
  number('oh', windowed('h')),
  number('ow', windowed('w')),
]
// One letter's numbers along depth, height and width.
const axes3d = (letter: string, fallback?: Fallback, always?: boolean): Field[] => [
  number(`${letter}d`, fallback, always),
  number(`${letter}h`, same(`${letter}d`)),
  number(`${letter}w`, same(`${letter}h`)),
]
const window3d = [...axes3d('k'), ...axes3d('s', 1, true), ...axes3d('p', 0, true), ...axes3d('d', 1)]
const outputs3d = (['d', 'h', 'w'] as const).map((axis) => number(`o${axis}`, windowed(axis)))
// Images of two dimensions unless a depth is given.
const axes2d = (letter: string, fallback?: Fallback): Field[] => [
  number(`${letter}h`, fallback),
  number(`${letter}w`, same(`${letter}h`)),
]
const poolInput = [number('n', 1), number('c'), number('id', 1), ...axes2d('i')]
const poolOutput = [number('od', 1), ...axes2d('o')]
const poolWindow = [
  ...[number('kd', 1), ...axes2d('k'), number('sd', same('kd')), number('sh', same('kh'), true)],
  ...[number('sw', same('sh')), number('pd', 0), number('ph', 0, true), number('pw', same('ph'))],
]
// As wide as the input of the same height, else square.
const croppedWidth = ({ ih, iw, oh }: Values): Value => (oh === ih ? iw : oh)
const targets = [number('rows'), number('c'), short('ignoreIndex', 'ignore', -100)]
const reductions = ['none', 'mean', 'sum']
// Keeps the mean of what is dropped with probability p; nothing survives p = 1.
const survivorScale = ({ p }: Values): number => (p === 1 ? 0 : 1 / (1 - (p as number)))
const stream = [number('seed', 0), number('offset', 0)]

const dtypes: readonly DType[] = ['float32', 'int32', 'uint8', 'int64']
const unaryOps: readonly UnaryOp[] = ['neg', 'abs', 'exp', 'log', 'sqrt', 'square', 'reciprocal', 'sign', 'floor']
const binaryOps: readonly BinaryOp[] = ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'rsub', 'rdiv', 'rpow']
const compareOps: readonly CompareOp[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge']
const reduceOps: readonly ReduceOp[] = ['sum', 'mean', 'var', 'max', 'min', 'argmax', 'argmin']

/** The parts of each op's problem string, in their order. */
export const fields: Record<ProblemOp, readonly Field[]> = {
  fill: [number('size')],
  copy: [
    short('itemSize', 'item', 4),
    list('shape', 'shape', []),
    list('inputStrides', 'i', dense('shape')),
    list('outputStrides', 'o', dense('shape')),
  ],
  cast: [number('size'), word('from', dtypes), word('to', dtypes)],
  gather_rows: [number('rows'), short('sourceRows', 'source'), short('rowBytes', 'bytes')],
  image_crop: [
    ...[number('n', 1), number('c'), ...axes2d('i'), ...[number('oh', same('ih')), number('ow', croppedWidth)]],
    ...[short('rectangles', 'r', 0), word('mode', cropModes)],
  ],
  pad: [
    short('itemSize', 'item', 4),
    ...[list('shape', 'shape'), list('before', 'before'), list('after', 'after', same('before'))],
    word('mode', padModes),
  ],
  unary: [number('size'), word('op', unaryOps)],
  binary: [
    list('shape', 'shape', []),
    list('aStrides', 'a', dense('shape')),
    list('bStrides', 'b', dense('shape')),
    list('outputStrides', 'o', dense('shape')),
    word('op', [...binaryOps, ...compareOps]),
  ],
  reduce: [number('outer'), number('size'), number('inner', 1), number('correction', 0), word('op', reduceOps)],
  relu: [number('size')],
  activation: [number('size'), number('a', 0), number('b', 0), word('op', activations)],
  prelu: [number('rows'), number('c')],
  dropout: [
    ...[number('n'), number('spatial', 1), number('c'), number('p'), ...stream],
    ...[number('scale', survivorScale), number('shift', 0), number('dropped', 0), flag('channelwise')],
  ],
  matmul: [
    list('batchShape', 'b', []),
    number('m'),
    number('k'),
    number('n'),
    list('aBatchStrides', 'as', dense('batchShape', product('m', 'k'))),
    list('bBatchStrides', 'bs', dense('batchShape', product('k', 'n'))),
    flag('transposeA', 'ta'),
    flag('transposeB', 'tb'),
  ],
  linear: [number('n', 1), number('ic'), number('oc')],
  conv2d: [
    number('n', 1),
    number('g', 1),
    number('ic'),
    number('ih'),
    number('iw', same('ih')),
    number('oc'),
    ...window2d,
    ...strides2d(1),
    flag('relu'),
  ],
  conv3d: [
    number('n', 1),
    number('g', 1),
    number('ic'),
    ...axes3d('i'),
    number('oc'),
    ...window3d,
    ...outputs3d,
    flag('relu'),
  ],
  max_pool: [
    ...poolInput,
    ...poolWindow,
    number('dd', 1),
    ...axes2d('d', 1),
    ...outputs3d,
    flag('positions'),
    flag('relu'),
  ],
  adaptive_max_pool: [...poolInput, ...poolOutput],
  avg_pool: [...poolInput, ...poolWindow, ...outputs3d, number('divisor', 0), flag('excludePad')],
  adaptive_avg_pool: [...poolInput, ...poolOutput],
  max_unpool: [...poolInput, ...poolOutput],
  batch_norm: [number('rows'), number('c'), number('eps', 1e-5), number('momentum', 0.1), flag('add'), flag('relu')],
  group_norm: [number('n', 1), number('spatial', 1), number('c'), short('groups', 'g'), number('eps', 1e-5)],
  layer_norm: [number('rows'), number('size'), number('eps', 1e-5)],
  rms_norm: [number('rows'), number('size'), number('eps', 1e-5)],
  local_response_norm: [
    ...[number('rows'), number('c'), number('size'), number('alpha', 1e-4), number('beta', 0.75), number('k', 1)],
  ],
  log_softmax: [number('outer'), number('size'), number('inner', 1)],
  cross_entropy: [...targets, short('labelSmoothing', 'smooth', 0), word('reduction', reductions)],
  nll_loss: [...targets, word('reduction', reductions)],
  pointwise_loss: [
    number('size'),
    number('width', same('size')),
    number('a', 1),
    number('divisor', same('size')),
    word('op', pointwiseLosses),
    flag('each'),
  ],
  ...optimizerFields,
  random_uniform: [number('size'), ...stream, number('low', 0), number('high', 1)],
  random_normal: [number('size'), ...stream, number('mean', 0), number('std', 1)],
}
