import type { RmsNormProblem } from '../../lib/reference/rms_norm.ts'
import { type CaseSet, ITEM } from './case_set.ts'
import { rowCases } from './layer_norm.ts'

export const rmsNorm: CaseSet<'rms_norm'> = {
  op: 'rms_norm',
  layers: { tokens: rowCases.layers.tokens, large: rowCases.layers.large },
  edges: rowCases.edges,
  // Square (2) and two products.
  flops: ({ rows, size }: RmsNormProblem) => 4 * rows * size,
  bytes: ({ rows, size }: RmsNormProblem) => ITEM * 2 * rows * size,
}
