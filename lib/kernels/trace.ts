import { performance } from 'node:perf_hooks'
import type { Activation } from '../reference/activation.ts'
import type { BinaryOp, BinaryProblem, CompareOp } from '../reference/binary.ts'
import type { UnaryOp } from '../reference/unary.ts'
import { type ProblemOp, printProblem } from './problem_string.ts'

// The op whose problem string each traced function prints: its first argument is the problem.
const OP: Record<string, ProblemOp> = {
  copy: 'copy',
  cast: 'cast',
  gatherRows: 'gather_rows',
  padForward: 'pad',
  padBackward: 'pad',
  reduce: 'reduce',
  imageCrop: 'image_crop',
  dropout: 'dropout',
  matmul: 'matmul',
  linearForward: 'linear',
  linearBackwardInput: 'linear',
  linearBackwardWeight: 'linear',
  conv2dForward: 'conv2d',
  conv2dBackwardInput: 'conv2d',
  conv2dBackwardWeight: 'conv2d',
  conv3dForward: 'conv3d',
  conv3dBackwardInput: 'conv3d',
  conv3dBackwardWeight: 'conv3d',
  maxPoolForward: 'max_pool',
  maxPoolBackward: 'max_pool',
  adaptiveMaxPoolForward: 'adaptive_max_pool',
  adaptiveMaxPoolBackward: 'adaptive_max_pool',
  avgPoolForward: 'avg_pool',
  avgPoolBackward: 'avg_pool',
  adaptiveAvgPoolForward: 'adaptive_avg_pool',
  adaptiveAvgPoolBackward: 'adaptive_avg_pool',
  maxUnpoolForward: 'max_unpool',
  maxUnpoolBackward: 'max_unpool',
  batchNormForward: 'batch_norm',
  batchNormBackward: 'batch_norm',
  batchNormEvalForward: 'batch_norm',
  batchNormEvalBackward: 'batch_norm',
  groupNormForward: 'group_norm',
  groupNormBackward: 'group_norm',
  layerNormForward: 'layer_norm',
  layerNormBackward: 'layer_norm',
  rmsNormForward: 'rms_norm',
  rmsNormBackward: 'rms_norm',
  localResponseNormForward: 'local_response_norm',
  localResponseNormBackward: 'local_response_norm',
  softmaxForward: 'log_softmax',
  softmaxBackward: 'log_softmax',
  logSoftmaxForward: 'log_softmax',
  logSoftmaxBackward: 'log_softmax',
  crossEntropyForward: 'cross_entropy',
  crossEntropyBackward: 'cross_entropy',
  softCrossEntropyForward: 'cross_entropy',
  softCrossEntropyBackward: 'cross_entropy',
  nllLossForward: 'nll_loss',
  nllLossBackward: 'nll_loss',
  pointwiseLossForward: 'pointwise_loss',
  pointwiseLossBackward: 'pointwise_loss',
  preluForward: 'prelu',
  preluBackward: 'prelu',
  sgdStep: 'sgd',
  adamStep: 'adam',
  rmspropStep: 'rmsprop',
  adagradStep: 'adagrad',
  emaStep: 'ema',
  clipGradNorm: 'clip_grad',
  clipGradValue: 'clip_grad',
  randomUniform: 'random_uniform',
  randomNormal: 'random_normal',
}

// Functions without a problem object.
const FLAT = new Set([
  'fill',
  'unary',
  'binary',
  'binaryScalar',
  'binaryStrided',
  'compareStrided',
  'reluForward',
  'reluBackward',
  'reluBitsForward',
  'reluBitsBackward',
  'activationForward',
  'activationBackward',
])

const RELU = new Set(['reluForward', 'reluBackward', 'reluBitsForward', 'reluBitsBackward'])

/** The problem string of a call; the flat element-wise functions have one dense dimension. */
function describe(name: string, args: readonly unknown[]): string {
  const size = (name === 'unary' || name.startsWith('binary') ? args[1] : args[0]) as number
  if (name === 'binaryStrided' || name === 'compareStrided') {
    return printProblem('binary', { ...(args[1] as BinaryProblem), op: args[0] as BinaryOp | CompareOp })
  }
  if (name === 'binary' || name === 'binaryScalar') {
    const bStrides = name === 'binary' ? [1] : [0]
    const op = args[0] as BinaryOp
    return printProblem('binary', { op, shape: [size], aStrides: [1], bStrides, outputStrides: [1] })
  }
  if (name === 'unary') return printProblem('unary', { op: args[0] as UnaryOp, size })
  if (name === 'fill') return printProblem('fill', { size })
  if (RELU.has(name)) return printProblem('relu', { size })
  if (name === 'activationForward' || name === 'activationBackward') {
    const [op, a, b, size] = args as [Activation, number, number, number]
    return printProblem('activation', { op, a, b, size })
  }
  return printProblem(OP[name], args[0] as never)
}

/** The kernels with a line on stderr for each call: function, problem string and microseconds. */
export function traced<K extends object>(kernels: K): K {
  const result: Record<string, unknown> = {}
  for (const [name, kernel] of Object.entries(kernels)) {
    if (!(name in OP) && !FLAT.has(name)) {
      result[name] = kernel
      continue
    }
    result[name] = (...args: unknown[]): unknown => {
      const start = performance.now()
      const value = (kernel as (...args: unknown[]) => unknown)(...args)
      const microseconds = ((performance.now() - start) * 1000).toFixed(1)
      process.stderr.write(`strided ${name} ${describe(name, args)} ${microseconds} us\n`)
      return value
    }
  }
  return result as K
}
