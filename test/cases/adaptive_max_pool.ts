import type { AdaptiveMaxPoolProblem } from '../../lib/reference/adaptive_max_pool.ts'
import { adaptiveEdges, adaptiveLayers } from './adaptive_avg_pool.ts'
import { type CaseSet, ITEM } from './case_set.ts'
import { pixels, windows } from './max_pool.ts'

export const adaptiveMaxPool: CaseSet<'adaptive_max_pool'> = {
  op: 'adaptive_max_pool',
  layers: adaptiveLayers,
  edges: adaptiveEdges,
  flops: (problem: AdaptiveMaxPoolProblem) => pixels(problem),
  // The input, the output and the positions.
  bytes: (problem: AdaptiveMaxPoolProblem) => ITEM * (pixels(problem) + 2 * windows(problem)),
}
