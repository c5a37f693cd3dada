import { activation } from './activation.ts'
import { adagrad } from './adagrad.ts'
import { adam } from './adam.ts'
import { adaptiveAvgPool } from './adaptive_avg_pool.ts'
import { adaptiveMaxPool } from './adaptive_max_pool.ts'
import { avgPool } from './avg_pool.ts'
import { batchNorm } from './batch_norm.ts'
import { binary } from './binary.ts'
import { cast } from './cast.ts'
import { clipGrad } from './clip_grad.ts'
import { conv2d } from './conv2d.ts'
import { conv3d } from './conv3d.ts'
import { copy } from './copy.ts'
import { crossEntropy } from './cross_entropy.ts'
import { dropout } from './dropout.ts'
import { ema } from './ema.ts'
import { fill } from './fill.ts'
import { gatherRows } from './gather_rows.ts'
import { groupNorm } from './group_norm.ts'
import { imageCrop } from './image_crop.ts'
import { layerNorm } from './layer_norm.ts'
import { linear } from './linear.ts'
import { localResponseNorm } from './local_response_norm.ts'
import { logSoftmax } from './log_softmax.ts'
import { matmul } from './matmul.ts'
import { maxPool } from './max_pool.ts'
import { maxUnpool } from './max_unpool.ts'
import { nllLoss } from './nll_loss.ts'
import { pad } from './pad.ts'
import { pointwiseLoss } from './pointwise_loss.ts'
import { prelu } from './prelu.ts'
import { randomNormal, randomUniform } from './random.ts'
import { reduce } from './reduce.ts'
import { relu } from './relu.ts'
import { rmsNorm } from './rms_norm.ts'
import { rmsprop } from './rmsprop.ts'
import { sgd } from './sgd.ts'
import { unary } from './unary.ts'

/** The cases of every op, by the stem of its files. */
export const caseSets = {
  activation,
  adagrad,
  adam,
  adaptive_avg_pool: adaptiveAvgPool,
  adaptive_max_pool: adaptiveMaxPool,
  avg_pool: avgPool,
  batch_norm: batchNorm,
  binary,
  cast,
  clip_grad: clipGrad,
  conv2d,
  conv3d,
  copy,
  cross_entropy: crossEntropy,
  dropout,
  ema,
  fill,
  gather_rows: gatherRows,
  group_norm: groupNorm,
  image_crop: imageCrop,
  layer_norm: layerNorm,
  local_response_norm: localResponseNorm,
  rms_norm: rmsNorm,
  linear,
  log_softmax: logSoftmax,
  matmul,
  max_pool: maxPool,
  max_unpool: maxUnpool,
  nll_loss: nllLoss,
  pad,
  pointwise_loss: pointwiseLoss,
  prelu,
  random_normal: randomNormal,
  random_uniform: randomUniform,
  reduce,
  relu,
  rmsprop,
  sgd,
  unary,
}
