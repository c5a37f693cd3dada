import type { GatherRowsProblem } from '../../lib/reference/gather_rows.ts'
import { type CaseSet, ITEM } from './case_set.ts'

export const gatherRows: CaseSet<'gather_rows'> = {
  op: 'gather_rows',
  layers: { digits: 'rows64source60000bytes784', images: 'rows128source10000bytes3072' },
  edges: {
    one: 'rows1source1bytes1',
    odd_bytes: 'rows7source5bytes13',
    none: 'rows0source5bytes16',
    many: 'rows300source4bytes256',
  },
  flops: () => 0,
  bytes: ({ rows, rowBytes }: GatherRowsProblem) => 2 * rows * rowBytes + ITEM * rows,
}
