import { Adagrad, Adam, AdamW, clipGradNorm, RMSprop, SGD } from '../../optim/index.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { type Draw, problem } from './problem.ts'

type Stepper = { step(): void }

/** Two steps of an optimizer, so that its state is used; the gradient is the third input. */
const steps =
  (make: (params: Tensor[]) => Stepper): Draw =>
  (random) => {
    const shape = [random.between(1, 30), random.between(1, 30)]
    const run = ([weight, gradient]: Tensor[]): Tensor => {
      const param = weight.detach().clone().requiresGrad_()
      const optimizer = make([param])
      for (let i = 0; i < 2; i++) {
        param.grad = gradient.clone()
        optimizer.step()
      }
      return param.detach()
    }
    return problem(
      [
        { shape, grad: false },
        { shape, grad: false },
      ],
      run,
    )
  }

/** Problems of optimizers. */
export const optimizers: Readonly<Record<string, Draw>> = {
  sgd: steps((params) => new SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 })),
  adam: steps((params) => new Adam(params, { lr: 0.1 })),
  adamw: steps((params) => new AdamW(params, { lr: 0.1 })),
  rmsprop: steps((params) => new RMSprop(params, { lr: 0.1, momentum: 0.9, centered: true })),
  adagrad: steps((params) => new Adagrad(params, { lr: 0.1 })),
  clipGradNorm: steps((params) => ({
    step: () => {
      clipGradNorm(params, 0.5)
      new SGD(params, { lr: 1 }).step()
    },
  })),
}
