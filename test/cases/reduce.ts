import type { ReduceProblem } from '../../lib/reference/reduce.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const reduce: CaseSet<'reduce'> = {
  op: 'reduce',
  layers: {
    loss: 'outer1size4096_mean',
    global_pool: 'outer32size16inner512_mean',
    predictions: 'outer2000size10_argmax',
  },
  edges: {
    one: 'outer1size1_sum',
    sum_all: 'outer1size100003_sum',
    sum_rows: 'outer5size37_sum',
    sum_columns: 'outer1size37inner5_sum',
    sum_middle: 'outer3size7inner33_sum',
    sum_nothing: 'outer2size0inner3_sum',
    mean_middle: 'outer3size7inner33_mean',
    mean_all: 'outer1size5003_mean',
    var_biased: 'outer3size9inner5_var',
    var_unbiased: 'outer4size17correction1_var',
    var_all: 'outer1size4099correction1_var',
    max_rows: 'outer5size17_max',
    max_middle: 'outer3size7inner18_max',
    min_rows: 'outer5size33_min',
    min_middle: 'outer3size7inner18_min',
    argmax_rows: 'outer5size35_argmax',
    argmax_middle: 'outer3size7inner18_argmax',
    argmin_rows: 'outer5size35_argmin',
    argmin_middle: 'outer3size7inner18_argmin',
  },
  flops: ({ op, outer, size, inner }: ReduceProblem) => (op === 'var' ? 4 : 1) * outer * size * inner,
  bytes: ({ outer, size, inner }: ReduceProblem) => ITEM * (outer * size * inner + outer * inner),
}
