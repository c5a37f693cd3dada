import type { AdaptiveAvgPoolProblem } from '../../reference/adaptive_avg_pool.ts'
import type { AdaptiveMaxPoolProblem } from '../../reference/adaptive_max_pool.ts'
import type { AvgPoolProblem } from '../../reference/avg_pool.ts'
import type { MaxPoolProblem } from '../../reference/max_pool.ts'
import type { MaxUnpoolProblem } from '../../reference/max_unpool.ts'

/** Pooling and its inverse. */
export interface PoolingKernels<B> {
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
}
