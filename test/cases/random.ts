import { type CaseSet, ITEM } from './case_set.ts'

const bytes = ({ size }: { size: number }): number => ITEM * size

export const randomUniform: CaseSet<'random_uniform'> = {
  op: 'random_uniform',
  layers: { weight: 'size1225000seed1low-0.02high0.02' },
  edges: {
    one: 'size1',
    part_of_a_block: 'size7seed5offset3',
    long: 'size70001seed42offset17',
    large_seed: 'size37seed9007199254740991offset4294967293',
    bounds: 'size1003seed5low-3high5',
  },
  flops: ({ size }) => 2 * size,
  bytes,
}

export const randomNormal: CaseSet<'random_normal'> = {
  op: 'random_normal',
  layers: { weight: 'size1225000seed1std0.05' },
  edges: {
    one: 'size1',
    part_of_a_block: 'size7seed5offset3',
    long: 'size70001seed42offset17',
    large_seed: 'size37seed9007199254740991offset4294967293',
    moments: 'size1003seed5mean-3std2',
  },
  // Half a logarithm, half a root and a cosine a number, the angle, the product, and the shift by the mean (2).
  flops: ({ size }) => 6 * size,
  bytes,
}
