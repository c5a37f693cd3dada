import type { MaxUnpoolProblem } from '../../lib/reference/max_unpool.ts'
import { type CaseSet, ITEM } from './case_set.ts'
import { pixels, windows } from './max_pool.ts'

export const maxUnpool: CaseSet<'max_unpool'> = {
  op: 'max_unpool',
  layers: { segnet: 'n32c64ih16oh32' },
  edges: {
    one: 'c1ih1oh1',
    square: 'n2c5ih3oh6',
    odd: 'n2c17ih3iw4oh7ow9',
    row: 'n2c3ih1iw4oh1ow8',
    volume: 'n2c6id2ih3iw2od4oh6ow5',
    many_images: 'n9c3ih2oh4',
    channels: 'c40ih3oh5',
  },
  flops: (problem: MaxUnpoolProblem) => pixels(problem),
  // The maxima, their positions and the output.
  bytes: (problem: MaxUnpoolProblem) => ITEM * (2 * pixels(problem) + windows(problem)),
}
