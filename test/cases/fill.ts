import { type CaseSet, ITEM } from './case_set.ts'

export const fill: CaseSet<'fill'> = {
  op: 'fill',
  layers: { activation: 'size2097152' },
  edges: { none: 'size0', one: 'size1', lanes_above: 'size17', long: 'size100003' },
  flops: () => 0,
  bytes: ({ size }) => ITEM * size,
}
