import { type CaseSet, ITEM } from './case_set.ts'

export const relu: CaseSet<'relu'> = {
  op: 'relu',
  layers: {
    lenet_r1: 'size1003520',
    lenet_r3: 'size32000',
    rn18_s1: 'size2097152',
    beyond_caches: 'size16777216',
  },
  edges: {
    one: 'size1',
    lanes_below: 'size15',
    lanes: 'size16',
    lanes_above: 'size17',
    long: 'size100003',
  },
  flops: ({ size }) => size,
  bytes: ({ size }) => ITEM * 2 * size,
}
