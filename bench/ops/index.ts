import type { ProblemOp } from '../../lib/kernels/problem_string.ts'
import { activation } from './activation.ts'
import { adagrad } from './adagrad.ts'
import { adam } from './adam.ts'
import { adaptiveAvgPool } from './adaptive_avg_pool.ts'
import { adaptiveMaxPool } from './adaptive_max_pool.ts'
import { avgPool } from './avg_pool.ts'
import { batchNorm } from './batch_norm.ts'
import { clipGrad } from './clip_grad.ts'
import { crossEntropy } from './cross_entropy.ts'
import { denormal } from './denormal.ts'
import { dropout } from './dropout.ts'
import { ema } from './ema.ts'
import { groupNorm } from './group_norm.ts'
import { imageCrop } from './image_crop.ts'
import type { OpBench } from './kernel_case.ts'
import { layerNorm, rmsNorm } from './layer_norm.ts'
import { linear } from './linear.ts'
import { localResponseNorm } from './local_response_norm.ts'
import { logSoftmax } from './log_softmax.ts'
import { matmul } from './matmul.ts'
import { maxPool } from './max_pool.ts'
import { pad } from './pad.ts'
import { pointwiseLoss } from './pointwise_loss.ts'
import { prelu } from './prelu.ts'
import { relu } from './relu.ts'
import { rmsprop } from './rmsprop.ts'
import { sgd } from './sgd.ts'

/** What the suite `ops` times, in the order of its table; conv2d has the suite `conv`. */
export const opBenches = [
  linear,
  matmul,
  maxPool,
  avgPool,
  adaptiveMaxPool,
  adaptiveAvgPool,
  batchNorm,
  denormal(batchNorm, 'rn18_s1_relu'),
  groupNorm,
  layerNorm,
  rmsNorm,
  localResponseNorm,
  relu,
  denormal(relu, 'rn18_s1'),
  activation,
  denormal(activation, 'silu'),
  denormal(activation, 'tanh'),
  prelu,
  pad,
  imageCrop,
  dropout,
  logSoftmax,
  crossEntropy,
  pointwiseLoss,
  sgd,
  adam,
  rmsprop,
  adagrad,
  ema,
  clipGrad,
] as readonly OpBench<ProblemOp>[]
