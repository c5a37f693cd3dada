import type { LocalResponseNormProblem } from '../../lib/reference/local_response_norm.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const localResponseNorm: CaseSet<'local_response_norm'> = {
  op: 'local_response_norm',
  layers: { alexnet: 'rows23328c96size5alpha0.0005k2', bnl_s1: 'rows131072c16size5' },
  edges: {
    one_channel: 'rows5c1size3alpha0.5',
    window_of_one: 'rows3c20size1alpha0.5',
    even_window: 'rows11c17size4alpha0.3',
    all_channels: 'rows9c5size11alpha0.3',
    lanes: 'rows17c16size5alpha1k0.5',
    many_channels: 'rows9c130size5alpha1',
    no_power: 'rows3c9size3alpha1beta0',
    growing: 'rows3c9size3alpha1beta-0.5',
    many_rows: 'rows9001c3size3alpha1',
  },
  // A square, the sum over the window, factor and sum, logarithm, product and exponential, product.
  flops: ({ rows, c, size }: LocalResponseNormProblem) => (7 + size) * rows * c,
  bytes: ({ rows, c }: LocalResponseNormProblem) => ITEM * 2 * rows * c,
}
