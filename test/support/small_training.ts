import { functional as F, manualSeed, nn, optim, randint, randn, type Tensor } from '../../lib/index.ts'

/** A small network with everything that a step uses, its data, and a step; the same from the same seed. */
export interface SmallTraining {
  readonly model: nn.Sequential
  readonly input: Tensor
  readonly target: Tensor
  /** One step of the optimizer; returns the loss. */
  step(): Tensor
  /** All that training changes, as numbers. */
  state(): number[]
}

/** Makes the network on the backend that is in place. */
export function smallTraining(seed = 3): SmallTraining {
  manualSeed(seed)
  const model = new nn.Sequential(
    new nn.Conv2d(3, 16, 3, { padding: 1 }),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Dropout({ p: 0.1 }),
    new nn.Conv2d(16, 8, 1),
    new nn.SiLU(),
    new nn.Flatten(),
    new nn.Linear(128, 10),
  )
  const optimizer = new optim.SGD(optim.decayGroups(model, { weightDecay: 1e-3 }), { lr: 0.05, momentum: 0.9 })
  const [input, target] = [randn([4, 3, 8, 8]), randint(0, 10, [4])]
  const step = (): Tensor => {
    optimizer.zeroGrad()
    const output = model.forward(input)
    const loss = F.crossEntropy(output, target)
    loss.backward()
    optim.clipGradNorm([...model.parameters()], 5)
    optimizer.step()
    output.dispose()
    return loss
  }
  const state = (): number[] => Object.values(model.stateDict()).flatMap((one) => [...one.toTypedArray()].map(Number))
  return { model, input, target, step, state }
}
