import { functional as F, manualSeed, models, nn, noGrad, optim, randint, randn } from '../../lib/index.ts'

/** Thrown on purpose, in every hundredth step. */
export class Planned extends Error {}

/** The kinds of loops: whether steps are queued, and whether they train or only evaluate under noGrad. */
export const LOOPS = ['sync', 'async', 'sync-no-grad', 'async-no-grad'] as const
export type Loop = (typeof LOOPS)[number]

export const MODELS = ['small', 'resNet18'] as const
export type ModelName = (typeof MODELS)[number]

/** A network, and the batches and images, changing from step to step, that it is fed with. */
interface Work {
  make(): nn.Module
  batches: readonly number[]
  sizes: readonly number[]
  /** Steps between two looks at memory while it warms up. */
  warmUp: number
}

export const WORK: Readonly<Record<ModelName, Work>> = {
  small: {
    make: () =>
      new nn.Sequential(
        new nn.Conv2d(3, 8, 3, { padding: 1 }),
        new nn.BatchNorm2d(8),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Dropout({ p: 0.1 }),
        new nn.Conv2d(8, 16, 3),
        new nn.SiLU(),
        new nn.AdaptiveAvgPool2d(2),
        new nn.Flatten(),
        new nn.Linear(64, 10),
      ),
    batches: [8, 3, 16, 1],
    sizes: [8, 12, 9, 16, 7],
    warmUp: 200,
  },
  resNet18: { make: () => models.resNet18({ numClasses: 10 }), batches: [4, 3, 8, 2], sizes: [32, 48, 40], warmUp: 24 },
}

/** Steps of a model, each of which does what its number says. */
export function stepsOf(name: ModelName, loop: Loop, seed: number): (number: number) => void {
  manualSeed(seed)
  const { make, batches, sizes } = WORK[name]
  const model = make()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.001, momentum: 0.9 })
  let failing = false
  const middle = [...model.children()].at(-1) as nn.Module
  middle.registerForwardHook(() => {
    // In the middle of a forward under noGrad, with all of its activations alive.
    if (failing) throw new Planned()
    return undefined
  })
  const data = (number: number) => {
    const [batch, size] = [batches[number % batches.length], sizes[number % sizes.length]]
    return [randn([batch, 3, size, size]), randint(0, 10, [batch])] as const
  }
  const evaluate = (number: number): void => {
    const [input, target] = data(number)
    failing = number % 100 === 50
    try {
      noGrad(() => F.crossEntropy(model.forward(input), target))
    } finally {
      failing = false
    }
  }
  const train = (number: number): void => {
    const [input, target] = data(number)
    optimizer.zeroGrad()
    const output = model.forward(input)
    if (number % 100 === 50) {
      // In the middle of backward: half of the gradients are there, the tape is half released.
      output.registerHook(() => {
        throw new Planned()
      })
    }
    F.crossEntropy(output, target).backward()
    optimizer.step()
  }
  if (!loop.endsWith('no-grad')) return train
  // Gradients and the optimizer's state take their places too.
  train(0)
  model.eval()
  return evaluate
}
