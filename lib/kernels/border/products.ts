import type { Conv2dProblem } from '../../reference/conv2d.ts'
import type { Conv3dProblem } from '../../reference/conv3d.ts'
import type { LinearProblem } from '../../reference/linear.ts'
import type { MatmulProblem } from '../../reference/matmul.ts'

/** Matrix products and convolutions. */
export interface ProductKernels<B> {
  matmul(problem: MatmulProblem, a: B, b: B, output: B): void
  linearForward(problem: LinearProblem, input: B, weight: B, bias: B | null, output: B): void
  linearBackwardInput(problem: LinearProblem, gradOutput: B, weight: B, gradInput: B): void
  linearBackwardWeight(problem: LinearProblem, input: B, gradOutput: B, gradWeight: B, gradBias: B | null): void

  /**
   * `moments`, `[3, oc]`, gets those of the output for `batchNormForward`: the mean of each channel, what the mean lost by
   * rounding, and `Σ (output − mean)²`. Of no output the mean and the sum are 0. Null when nobody asks for them.
   */
  conv2dForward(problem: Conv2dProblem, input: B, weight: B, bias: B | null, output: B, moments: B | null): void
  conv2dBackwardInput(problem: Conv2dProblem, gradOutput: B, weight: B, gradInput: B): void
  conv2dBackwardWeight(problem: Conv2dProblem, input: B, gradOutput: B, gradWeight: B, gradBias: B | null): void

  conv3dForward(problem: Conv3dProblem, input: B, weight: B, bias: B | null, output: B): void
  conv3dBackwardInput(problem: Conv3dProblem, gradOutput: B, weight: B, gradInput: B): void
  conv3dBackwardWeight(problem: Conv3dProblem, input: B, gradOutput: B, gradWeight: B, gradBias: B | null): void
}
