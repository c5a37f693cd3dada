import type { CrossEntropyProblem } from '../../reference/cross_entropy.ts'
import type { SoftmaxProblem } from '../../reference/log_softmax.ts'
import type { NllLossProblem } from '../../reference/nll_loss.ts'
import type { PointwiseLossProblem } from '../../reference/pointwise_loss.ts'

/** Softmax and the losses. */
export interface LossKernels<B> {
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
}
