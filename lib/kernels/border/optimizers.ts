import type { AdagradProblem } from '../../reference/adagrad.ts'
import type { AdamProblem } from '../../reference/adam.ts'
import type { ClipGradProblem } from '../../reference/clip_grad.ts'
import type { EmaProblem } from '../../reference/ema.ts'
import type { RmspropProblem } from '../../reference/rmsprop.ts'
import type { SgdProblem } from '../../reference/sgd.ts'

/**
 * Steps of optimizers and what goes with them: lists follow the sizes of all groups in order, or of those groups that
 * have such a state.
 */
export interface OptimizerKernels<B> {
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
}
