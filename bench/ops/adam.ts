import type { AdamGroup } from '../../lib/reference/adam.ts'
import { adam as set } from '../../test/cases/adam.ts'
import { optimizerBench } from './optimizer_step.ts'

export const adam = optimizerBench<'adam', AdamGroup>(set, 'adamStep', [
  { name: 'average', low: -1, has: () => true },
  { name: 'square', low: 0, has: () => true },
  { name: 'top', low: 0, has: ({ amsgrad }) => amsgrad },
])
