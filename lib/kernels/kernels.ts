import type { Activation } from '../reference/activation.ts'
import type { AdagradProblem } from '../reference/adagrad.ts'
import type { AdamProblem } from '../reference/adam.ts'
import type { AdaptiveAvgPoolProblem } from '../reference/adaptive_avg_pool.ts'
import type { AdaptiveMaxPoolProblem } from '../reference/adaptive_max_pool.ts'
import type { AvgPoolProblem } from '../reference/avg_pool.ts'
import type { BatchNormProblem } from '../reference/batch_norm.ts'
import type { BinaryOp, BinaryProblem, CompareOp } from '../reference/binary.ts'
import type { CastProblem } from '../reference/cast.ts'
import type { ClipGradProblem } from '../reference/clip_grad.ts'
import type { Conv2dProblem } from '../reference/conv2d.ts'
import type { Conv3dProblem } from '../reference/conv3d.ts'
import type { CopyProblem } from '../reference/copy.ts'
import type { CrossEntropyProblem } from '../reference/cross_entropy.ts'
import type { DropoutProblem } from '../reference/dropout.ts'
import type { EmaProblem } from '../reference/ema.ts'
import type { GatherRowsProblem } from '../reference/gather_rows.ts'
import type { GroupNormProblem } from '../reference/group_norm.ts'
import type { LayerNormProblem } from '../reference/layer_norm.ts'
import type { LinearProblem } from '../reference/linear.ts'
import type { LocalResponseNormProblem } from '../reference/local_response_norm.ts'
import type { SoftmaxProblem } from '../reference/log_softmax.ts'
import type { MatmulProblem } from '../reference/matmul.ts'
import type { MaxPoolProblem } from '../reference/max_pool.ts'
import type { MaxUnpoolProblem } from '../reference/max_unpool.ts'
import type { NllLossProblem } from '../reference/nll_loss.ts'
import type { PadProblem } from '../reference/pad.ts'
import type { PointwiseLossProblem } from '../reference/pointwise_loss.ts'
import type { PreluProblem } from '../reference/prelu.ts'
import type { NormalProblem, UniformProblem } from '../reference/random.ts'
import type { ReduceProblem } from '../reference/reduce.ts'
import type { RmsNormProblem } from '../reference/rms_norm.ts'
import type { RmspropProblem } from '../reference/rmsprop.ts'
import type { SgdProblem } from '../reference/sgd.ts'
import type { UnaryOp } from '../reference/unary.ts'

/**
 * The border between the library and arithmetic: one function per kernel, implemented by the addon and by `reference/`.
 *
 * `B` is what a backend calls a buffer: a typed array for the reference, a packed block number for the addon. Buffers
 * hold float32 unless said otherwise, and are dense in the layout that the problem's comment names. Outputs are written
 * whole and may not overlap inputs, but for the element-wise kernels (`unary`, `binary`, `binaryScalar`, `relu*`,
 * `activation*`, `prelu*`, `dropout`), where the output may be an input. `null` stands for an absent optional buffer.
 */
export interface Kernels<B> {
  fill(size: number, value: number, output: B): void
  copy(problem: CopyProblem, input: B, output: B): void
  cast(problem: CastProblem, input: B, output: B): void
  gatherRows(problem: GatherRowsProblem, input: B, indices: B, output: B): void
  /** Elements of `itemSize` bytes; `value` is one of them, for mode constant. */
  padForward(problem: PadProblem, input: B, value: B | null, output: B): void
  padBackward(problem: PadProblem, gradOutput: B, gradInput: B): void

  unary(op: UnaryOp, size: number, input: B, output: B): void
  binary(op: BinaryOp, size: number, a: B, b: B, output: B): void
  binaryScalar(op: BinaryOp, size: number, a: B, scalar: number, output: B): void
  binaryStrided(op: BinaryOp, problem: BinaryProblem, a: B, b: B, output: B): void
  compareStrided(op: CompareOp, problem: BinaryProblem, a: B, b: B, output: B): void
  reduce(problem: ReduceProblem, input: B, output: B): void

  reluForward(size: number, input: B, output: B): void
  reluBackward(size: number, output: B, gradOutput: B, gradInput: B): void
  /** Of `input + residual`; `bits`, uint8, `⌈size / 8⌉` of them, say where the output is not 0. */
  reluBitsForward(size: number, input: B, residual: B | null, output: B, bits: B | null): void
  reluBitsBackward(size: number, bits: B, gradOutput: B, gradInput: B): void
  activationForward(op: Activation, a: number, b: number, size: number, input: B, output: B): void
  activationBackward(op: Activation, a: number, b: number, size: number, kept: B, gradOutput: B, gradInput: B): void
  dropout(problem: DropoutProblem, input: B, output: B): void
  preluForward(problem: PreluProblem, input: B, weight: B, output: B): void
  preluBackward(problem: PreluProblem, input: B, weight: B, gradOutput: B, gradInput: B, gradWeight: B | null): void

  matmul(problem: MatmulProblem, a: B, b: B, output: B): void
  linearForward(problem: LinearProblem, input: B, weight: B, bias: B | null, output: B): void
  linearBackwardInput(problem: LinearProblem, gradOutput: B, weight: B, gradInput: B): void
  linearBackwardWeight(problem: LinearProblem, input: B, gradOutput: B, gradWeight: B, gradBias: B | null): void

  conv2dForward(problem: Conv2dProblem, input: B, weight: B, bias: B | null, output: B): void
  conv2dBackwardInput(problem: Conv2dProblem, gradOutput: B, weight: B, gradInput: B): void
  conv2dBackwardWeight(problem: Conv2dProblem, input: B, gradOutput: B, gradWeight: B, gradBias: B | null): void

  conv3dForward(problem: Conv3dProblem, input: B, weight: B, bias: B | null, output: B): void
  conv3dBackwardInput(problem: Conv3dProblem, gradOutput: B, weight: B, gradInput: B): void
  conv3dBackwardWeight(problem: Conv3dProblem, input: B, gradOutput: B, gradWeight: B, gradBias: B | null): void

  /** `argmax` is uint8, or int32 with `positions`. */
  maxPoolForward(problem: MaxPoolProblem, input: B, output: B, argmax: B | null): void
  maxPoolBackward(problem: MaxPoolProblem, gradOutput: B, argmax: B, gradInput: B): void
  adaptiveMaxPoolForward(problem: AdaptiveMaxPoolProblem, input: B, output: B, positions: B | null): void
  adaptiveMaxPoolBackward(problem: AdaptiveMaxPoolProblem, gradOutput: B, positions: B, gradInput: B): void
  avgPoolForward(problem: AvgPoolProblem, input: B, output: B): void
  avgPoolBackward(problem: AvgPoolProblem, gradOutput: B, gradInput: B): void
  adaptiveAvgPoolForward(problem: AdaptiveAvgPoolProblem, input: B, output: B): void
  adaptiveAvgPoolBackward(problem: AdaptiveAvgPoolProblem, gradOutput: B, gradInput: B): void
  /** Returns how many of the int32 positions lie outside the output; those are left out. */
  maxUnpoolForward(problem: MaxUnpoolProblem, input: B, positions: B, output: B): number
  maxUnpoolBackward(problem: MaxUnpoolProblem, gradOutput: B, positions: B, gradInput: B): void

  /**
   * Training form; `runningMean` and `runningVar` are updated in place, `savedMean` and `savedRstd` are `[c]`. `residual`
   * is given when the problem has `add`; `bits` are uint8, `⌈rows · c / 8⌉` of them, and only with `relu` may be asked for.
   */
  batchNormForward(
    problem: BatchNormProblem,
    input: B,
    weight: B | null,
    bias: B | null,
    runningMean: B | null,
    runningVar: B | null,
    savedMean: B,
    savedRstd: B,
    residual: B | null,
    bits: B | null,
    output: B,
  ): void
  /**
   * Backward of the training form; `bits` are given when the problem has `relu`, and only then may `gradResidual` be asked
   * for. `gradInput` may be `gradOutput`.
   */
  batchNormBackward(
    problem: BatchNormProblem,
    input: B,
    gradOutput: B,
    savedMean: B,
    savedRstd: B,
    weight: B | null,
    bits: B | null,
    gradInput: B,
    gradWeight: B | null,
    gradBias: B | null,
    gradResidual: B | null,
  ): void
  /** Evaluation form: the fixed affine map of the running statistics. */
  batchNormEvalForward(
    problem: BatchNormProblem,
    input: B,
    mean: B,
    variance: B,
    weight: B | null,
    bias: B | null,
    residual: B | null,
    bits: B | null,
    output: B,
  ): void
  batchNormEvalBackward(
    problem: BatchNormProblem,
    input: B,
    gradOutput: B,
    mean: B,
    variance: B,
    weight: B | null,
    bits: B | null,
    gradInput: B,
    gradWeight: B | null,
    gradBias: B | null,
    gradResidual: B | null,
  ): void

  /** `savedMean` and `savedRstd` are `[n, groups]`. */
  groupNormForward(
    problem: GroupNormProblem,
    input: B,
    weight: B | null,
    bias: B | null,
    savedMean: B,
    savedRstd: B,
    output: B,
  ): void
  groupNormBackward(
    problem: GroupNormProblem,
    input: B,
    gradOutput: B,
    savedMean: B,
    savedRstd: B,
    weight: B | null,
    gradInput: B,
    gradWeight: B | null,
    gradBias: B | null,
  ): void

  /** `savedMean` and `savedRstd` are `[rows]`; weight and bias lie in the order of a row. */
  layerNormForward(
    problem: LayerNormProblem,
    input: B,
    weight: B | null,
    bias: B | null,
    savedMean: B,
    savedRstd: B,
    output: B,
  ): void
  layerNormBackward(
    problem: LayerNormProblem,
    input: B,
    gradOutput: B,
    savedMean: B,
    savedRstd: B,
    weight: B | null,
    gradInput: B,
    gradWeight: B | null,
    gradBias: B | null,
  ): void
  rmsNormForward(problem: RmsNormProblem, input: B, weight: B | null, savedRstd: B, output: B): void
  rmsNormBackward(
    problem: RmsNormProblem,
    input: B,
    gradOutput: B,
    savedRstd: B,
    weight: B | null,
    gradInput: B,
    gradWeight: B | null,
  ): void
  localResponseNormForward(problem: LocalResponseNormProblem, input: B, output: B): void
  localResponseNormBackward(problem: LocalResponseNormProblem, input: B, gradOutput: B, gradInput: B): void

  softmaxForward(problem: SoftmaxProblem, input: B, output: B): void
  softmaxBackward(problem: SoftmaxProblem, output: B, gradOutput: B, gradInput: B): void
  logSoftmaxForward(problem: SoftmaxProblem, input: B, output: B): void
  logSoftmaxBackward(problem: SoftmaxProblem, output: B, gradOutput: B, gradInput: B): void

  /**
   * `loss` is `[rows]` for reduction none, else one element. `saved` is `[rows, 2]`; `savedTotal` is one element,
   * the sum of weights that `mean` divides by.
   */
  crossEntropyForward(
    problem: CrossEntropyProblem,
    logits: B,
    target: B,
    weight: B | null,
    loss: B,
    saved: B,
    savedTotal: B,
  ): void
  crossEntropyBackward(
    problem: CrossEntropyProblem,
    gradLoss: B,
    logits: B,
    target: B,
    weight: B | null,
    saved: B,
    savedTotal: B,
    gradLogits: B,
  ): void
  /** Against probabilities `[rows, c]`. */
  softCrossEntropyForward(problem: CrossEntropyProblem, logits: B, target: B, weight: B | null, loss: B, saved: B): void
  softCrossEntropyBackward(
    problem: CrossEntropyProblem,
    gradLoss: B,
    logits: B,
    target: B,
    weight: B | null,
    saved: B,
    gradLogits: B | null,
    gradTarget: B | null,
  ): void
  nllLossForward(problem: NllLossProblem, input: B, target: B, weight: B | null, loss: B, savedTotal: B): void
  nllLossBackward(problem: NllLossProblem, gradLoss: B, target: B, weight: B | null, savedTotal: B, gradInput: B): void
  /** `loss` is `[size]` with `problem.each`, else one element. */
  pointwiseLossForward(
    problem: PointwiseLossProblem,
    input: B,
    target: B,
    weight: B | null,
    posWeight: B | null,
    loss: B,
  ): void
  pointwiseLossBackward(
    problem: PointwiseLossProblem,
    input: B,
    target: B,
    weight: B | null,
    posWeight: B | null,
    gradLoss: B,
    gradInput: B | null,
    gradTarget: B | null,
  ): void

  // Optimizer steps: lists follow the sizes of all groups in order, or of those groups that have such a state.
  sgdStep(problem: SgdProblem, params: readonly B[], grads: readonly B[], momentumBuffers: readonly B[]): void
  adamStep(
    problem: AdamProblem,
    params: readonly B[],
    grads: readonly B[],
    averages: readonly B[],
    squares: readonly B[],
    tops: readonly B[],
  ): void
  rmspropStep(
    problem: RmspropProblem,
    params: readonly B[],
    grads: readonly B[],
    squares: readonly B[],
    averages: readonly B[],
    buffers: readonly B[],
  ): void
  adagradStep(problem: AdagradProblem, params: readonly B[], grads: readonly B[], sums: readonly B[]): void

  emaStep(problem: EmaProblem, averages: readonly B[], values: readonly B[]): void
  /** `norm` is one element. */
  clipGradNorm(problem: ClipGradProblem, grads: readonly B[], norm: B): void
  clipGradValue(problem: ClipGradProblem, grads: readonly B[]): void

  randomUniform(problem: UniformProblem, output: B): void
  randomNormal(problem: NormalProblem, output: B): void
}
