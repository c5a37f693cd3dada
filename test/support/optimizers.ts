import { optim } from '../../lib/index.ts'

/** All optimizers by their names, which are PyTorch's. */
export const optimizers = {
  SGD: optim.SGD,
  Adam: optim.Adam,
  AdamW: optim.AdamW,
  RMSprop: optim.RMSprop,
  Adagrad: optim.Adagrad,
}
