import type { AdagradGroup } from '../../lib/reference/adagrad.ts'
import { adagrad as set } from '../../test/cases/adagrad.ts'
import { optimizerBench } from './optimizer_step.ts'

export const adagrad = optimizerBench<'adagrad', AdagradGroup>(set, 'adagradStep', [
  { name: 'sum', low: 0, has: () => true },
])
