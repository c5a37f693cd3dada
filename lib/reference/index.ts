import { activationBackward, activationForward } from './activation.ts'
import { adagradStep } from './adagrad.ts'
import { adamStep } from './adam.ts'
import { adaptiveAvgPoolBackward, adaptiveAvgPoolForward } from './adaptive_avg_pool.ts'
import { adaptiveMaxPoolBackward, adaptiveMaxPoolForward } from './adaptive_max_pool.ts'
import { avgPoolBackward, avgPoolForward } from './avg_pool.ts'
import { batchNormBackward, batchNormEvalBackward, batchNormEvalForward, batchNormForward } from './batch_norm.ts'
import { binary, binaryScalar, binaryStrided, compareStrided } from './binary.ts'
import { cast } from './cast.ts'
import { clipGradNorm, clipGradValue } from './clip_grad.ts'
import { conv2dBackwardInput, conv2dBackwardWeight, conv2dForward } from './conv2d.ts'
import { conv3dBackwardInput, conv3dBackwardWeight, conv3dForward } from './conv3d.ts'
import { copy } from './copy.ts'
import {
  crossEntropyBackward,
  crossEntropyForward,
  softCrossEntropyBackward,
  softCrossEntropyForward,
} from './cross_entropy.ts'
import { dropout } from './dropout.ts'
import { emaStep } from './ema.ts'
import { fill } from './fill.ts'
import { gatherRows } from './gather_rows.ts'
import { groupNormBackward, groupNormForward } from './group_norm.ts'
import { imageCrop } from './image_crop.ts'
import { layerNormBackward, layerNormForward } from './layer_norm.ts'
import { linearBackwardInput, linearBackwardWeight, linearForward } from './linear.ts'
import { localResponseNormBackward, localResponseNormForward } from './local_response_norm.ts'
import { logSoftmaxBackward, logSoftmaxForward, softmaxBackward, softmaxForward } from './log_softmax.ts'
import { matmul } from './matmul.ts'
import { maxPoolBackward, maxPoolForward } from './max_pool.ts'
import { maxUnpoolBackward, maxUnpoolForward } from './max_unpool.ts'
import { nllLossBackward, nllLossForward } from './nll_loss.ts'
import { padBackward, padForward } from './pad.ts'
import { pointwiseLossBackward, pointwiseLossForward } from './pointwise_loss.ts'
import { preluBackward, preluForward } from './prelu.ts'
import { randomNormal, randomUniform } from './random.ts'
import { reduce } from './reduce.ts'
import { reluBackward, reluBitsBackward, reluBitsForward, reluForward } from './relu.ts'
import { rmsNormBackward, rmsNormForward } from './rms_norm.ts'
import { rmspropStep } from './rmsprop.ts'
import { sgdStep } from './sgd.ts'
import { unary } from './unary.ts'

export * from './activation.ts'
export * from './adagrad.ts'
export * from './adam.ts'
export * from './adaptive_avg_pool.ts'
export * from './adaptive_max_pool.ts'
export * from './adaptive_window.ts'
export * from './avg_pool.ts'
export * from './batch_norm.ts'
export * from './binary.ts'
export * from './cast.ts'
export * from './clip_grad.ts'
export * from './conv2d.ts'
export * from './conv3d.ts'
export * from './copy.ts'
export * from './cross_entropy.ts'
export * from './dropout.ts'
export * from './ema.ts'
export * from './fill.ts'
export * from './gather_rows.ts'
export * from './group_norm.ts'
export * from './image_crop.ts'
export * from './layer_norm.ts'
export * from './linear.ts'
export * from './local_response_norm.ts'
export * from './log_softmax.ts'
export * from './matmul.ts'
export * from './max_pool.ts'
export * from './max_unpool.ts'
export * from './nll_loss.ts'
export * from './pad.ts'
export * from './pointwise_loss.ts'
export * from './prelu.ts'
export * from './random.ts'
export * from './reduce.ts'
export * from './relu.ts'
export * from './rms_norm.ts'
export * from './rmsprop.ts'
export * from './sgd.ts'
export * from './types.ts'
export * from './unary.ts'

/** Every kernel by its name: the members of the `Kernels` interface, taking typed arrays for buffers. */
export const referenceKernels = {
  fill,
  copy,
  cast,
  gatherRows,
  imageCrop,
  padForward,
  padBackward,
  unary,
  binary,
  binaryScalar,
  binaryStrided,
  compareStrided,
  reduce,
  reluForward,
  reluBackward,
  reluBitsForward,
  reluBitsBackward,
  activationForward,
  activationBackward,
  dropout,
  matmul,
  linearForward,
  linearBackwardInput,
  linearBackwardWeight,
  conv2dForward,
  conv2dBackwardInput,
  conv2dBackwardWeight,
  conv3dForward,
  conv3dBackwardInput,
  conv3dBackwardWeight,
  maxPoolForward,
  maxPoolBackward,
  adaptiveMaxPoolForward,
  adaptiveMaxPoolBackward,
  avgPoolForward,
  avgPoolBackward,
  adaptiveAvgPoolForward,
  adaptiveAvgPoolBackward,
  maxUnpoolForward,
  maxUnpoolBackward,
  batchNormForward,
  batchNormBackward,
  batchNormEvalForward,
  batchNormEvalBackward,
  groupNormForward,
  groupNormBackward,
  layerNormForward,
  layerNormBackward,
  rmsNormForward,
  rmsNormBackward,
  localResponseNormForward,
  localResponseNormBackward,
  softmaxForward,
  softmaxBackward,
  logSoftmaxForward,
  logSoftmaxBackward,
  crossEntropyForward,
  crossEntropyBackward,
  softCrossEntropyForward,
  softCrossEntropyBackward,
  nllLossForward,
  nllLossBackward,
  pointwiseLossForward,
  pointwiseLossBackward,
  preluForward,
  preluBackward,
  sgdStep,
  adamStep,
  rmspropStep,
  adagradStep,
  emaStep,
  clipGradNorm,
  clipGradValue,
  randomUniform,
  randomNormal,
}
