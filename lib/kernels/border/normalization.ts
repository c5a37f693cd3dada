import type { BatchNormProblem } from '../../reference/batch_norm.ts'
import type { GroupNormProblem } from '../../reference/group_norm.ts'
import type { LayerNormProblem } from '../../reference/layer_norm.ts'
import type { LocalResponseNormProblem } from '../../reference/local_response_norm.ts'
import type { RmsNormProblem } from '../../reference/rms_norm.ts'

/** Normalizations. */
export interface NormalizationKernels<B> {
  /**
   * Training form; `moments` are those of the input, `[3, c]` as `conv2dForward` gathers them, or null for this to find
   * them. `runningMean` and `runningVar` are updated in place, `savedMean` and `savedRstd` are `[c]`. `residual`
   * is given when the problem has `add`; `bits` are uint8, `⌈rows · c / 8⌉` of them, and only with `relu` may be asked for.
   */
  batchNormForward(
    problem: BatchNormProblem,
    input: B,
    moments: B | null,
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
}
