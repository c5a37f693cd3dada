import { data, functional as F, fit, type nn, optim, type transforms } from '../../lib/index.ts'

/** Batches of drawn digits, of training images in a new order each epoch and of the test images. */
export interface Digits {
  train: data.DataLoader
  validation: data.DataLoader
}

/** `images` drawn digits to train on, in batches of `batchSize`, and 500 others to test on. */
export function digits(images: number, options: { batchSize?: number; transform?: transforms.Transform } = {}): Digits {
  const { batchSize = 50, transform } = options
  const [train, test] = [
    new data.SyntheticDigits({ size: images, transform }),
    new data.SyntheticDigits({ size: 500, train: false }),
  ]
  return {
    train: new data.DataLoader(train, { batchSize, shuffle: true, seed: 0, dropLast: true }),
    validation: new data.DataLoader(test, { batchSize: 250 }),
  }
}

/** How {@link train} trains. */
export interface Recipe {
  lr: number
  epochs: number
  weightDecay?: number
}

/** Shares of images that are right. */
export interface Accuracy {
  /** Of the training images, measured on the way, before each step. */
  train: number
  test: number
}

/** Trains by SGD with momentum and hands back what is right behind each epoch. */
export async function train(model: nn.Module, source: Digits, recipe: Recipe): Promise<Accuracy[]> {
  const { lr, epochs, weightDecay = 0 } = recipe
  const optimizer = new optim.SGD(model.parameters(), { lr, momentum: 0.9, weightDecay })
  const measured = { metrics: ['accuracy'] as const, gradNorms: false, verbose: false }
  const { history } = await fit(model, { ...source, loss: F.crossEntropy, optimizer, epochs, ...measured })
  return history.map(({ train, validation }) => ({
    train: Number(train.metrics.accuracy),
    test: Number(validation!.metrics.accuracy),
  }))
}
