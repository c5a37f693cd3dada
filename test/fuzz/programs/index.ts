import type fc from 'fast-check'
import type { Program } from '../program.ts'
import { elements } from './elements.ts'
import { graphs } from './graphs.ts'
import { layers } from './layers.ts'
import { pooling } from './pooling.ts'
import { products } from './products.ts'
import { views } from './views.ts'

/** Random programs by family. */
export const families: Readonly<Record<string, fc.Arbitrary<Program>>> = {
  ...products,
  ...pooling,
  ...layers,
  ...elements,
  ...views,
  ...graphs,
}
