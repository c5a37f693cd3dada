import type { RmspropGroup } from '../../lib/reference/rmsprop.ts'
import { rmsprop as set } from '../../test/cases/rmsprop.ts'
import { optimizerBench } from './optimizer_step.ts'

export const rmsprop = optimizerBench<'rmsprop', RmspropGroup>(set, 'rmspropStep', [
  { name: 'square', low: 0, has: () => true },
  { name: 'average', low: -1, has: ({ centered }) => centered },
  { name: 'buffer', low: -1, has: ({ momentum }) => momentum !== 0 },
])
