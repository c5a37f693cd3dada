import type { PreluProblem } from '../../lib/reference/prelu.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const prelu: CaseSet<'prelu'> = {
  op: 'prelu',
  layers: {
    // 32 images of 64x32x32.
    channels: 'rows32768c64',
    single: 'rows2097152c1',
  },
  edges: {
    one: 'rows1c1',
    single: 'rows1003c1',
    lanes_below: 'rows7c15',
    lanes: 'rows3c16',
    lanes_above: 'rows5c17',
    wide: 'rows3c1500',
    slices: 'rows4001c33',
  },
  flops: ({ rows, c }: PreluProblem) => rows * c,
  bytes: ({ rows, c }: PreluProblem) => ITEM * 2 * rows * c,
}
