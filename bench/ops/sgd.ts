import type { SgdGroup } from '../../lib/reference/sgd.ts'
import { sgd as set } from '../../test/cases/sgd.ts'
import { optimizerBench } from './optimizer_step.ts'

export const sgd = optimizerBench<'sgd', SgdGroup>(set, 'sgdStep', [
  { name: 'momentum', low: -1, has: ({ momentum }) => momentum !== 0 },
])
