import type { CastProblem } from '../../lib/reference/cast.ts'
import type { DType } from '../../lib/reference/types.ts'
import type { CaseSet } from './case_set.ts'

const itemSize: Record<DType, number> = { float32: 4, int32: 4, uint8: 1, int64: 8 }
const dtypes = Object.keys(itemSize) as DType[]

const pairs = dtypes.flatMap((from) => dtypes.map((to) => [`${from}_to_${to}`, `size37_${from}_${to}`]))

export const cast: CaseSet<'cast'> = {
  op: 'cast',
  layers: { images: 'size50176_uint8_float32' },
  edges: { ...Object.fromEntries(pairs), one: 'size1_float32_int32', long: 'size70001_uint8_float32' },
  flops: ({ size }: CastProblem) => size,
  bytes: ({ size, from, to }: CastProblem) => size * (itemSize[from] + itemSize[to]),
}
