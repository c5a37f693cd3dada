import { type CaseSet, ITEM } from './case_set.ts'

export const unary: CaseSet<'unary'> = {
  op: 'unary',
  layers: {
    exp: 'size1000000_exp',
  },
  edges: {
    neg: 'size37_neg',
    abs: 'size37_abs',
    exp: 'size1009_exp',
    log: 'size1009_log',
    sqrt: 'size1009_sqrt',
    square: 'size37_square',
    reciprocal: 'size37_reciprocal',
    sign: 'size37_sign',
    floor: 'size37_floor',
    one: 'size1_exp',
    long: 'size100003_exp',
  },
  flops: ({ size }) => size,
  bytes: ({ size }) => ITEM * 2 * size,
}
