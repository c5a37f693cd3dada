// A network learns 200 images by heart; then it is cured step by step, and at last given too much of the medicine.
//
//   npm run example overfitting
//
// Look at the gap between the bars of training and of test images: it is what the network knows by heart. Each step keeps those
// before it. The last one shows that dropout can be too strong: the network cannot even learn the images that it is shown.
import { type data, evaluate, functional as F, fit, manualSeed, nn, optim, transforms } from '../lib/index.ts'
import { type Lesson, type LessonOptions, percent } from './support/lesson.ts'
import { type Accuracy, digits } from './support/training.ts'

const augmentation = transforms.randomAffine(10, {
  translate: [0.1, 0.1],
  scale: [0.85, 1.15],
  interpolation: 'bilinear',
})

interface Step {
  images: number
  dropout: number
  weightDecay: number
  transform?: transforms.Transform
}

const small: Step = { images: 200, dropout: 0, weightDecay: 0 }
const decayed: Step = { ...small, weightDecay: 5e-3 }
const dropped: Step = { ...decayed, dropout: 0.5 }
const augmented: Step = { ...dropped, transform: augmentation }
/** By what each step adds to the one before it. */
const steps: Record<string, Step> = {
  'nothing done': small,
  '+ decay': decayed,
  '+ dropout': dropped,
  '+ shifts': augmented,
  '+ images': { ...augmented, images: 2000 },
  'dropout 0.99': { ...augmented, dropout: 0.99 },
}

export async function run({
  short = false,
}: LessonOptions = {}): Promise<Lesson & { results: Record<string, Accuracy> }> {
  const updates = short ? 160 : 1200
  const results: Record<string, Accuracy> = {}
  for (const [name, { images, dropout, weightDecay, transform }] of Object.entries(steps)) {
    manualSeed(0)
    const model = new nn.Sequential(
      new nn.Conv2d(1, 16, 5, { stride: 2, padding: 2 }),
      new nn.ReLU(),
      new nn.Conv2d(16, 32, 3, { stride: 2, padding: 1 }),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(32 * 7 * 7, 128),
      new nn.ReLU(),
      new nn.Dropout({ p: dropout }),
      new nn.Linear(128, 10),
    )
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.02, momentum: 0.9, weightDecay })
    const { train } = digits(images, { transform })
    const epochs = updates / train.length
    await fit(model, { train, loss: F.crossEntropy, optimizer, epochs, gradNorms: false, verbose: false })
    // The images that it was trained on, as they are, and others.
    const { train: seen, validation: unseen } = digits(images)
    results[name] = { train: await right(model, seen), test: await right(model, unseen) }
  }
  const of = (kind: keyof Accuracy): Record<string, number> =>
    Object.fromEntries(Object.entries(results).map(([name, result]) => [name, result[kind]]))
  const both = (name: string): string => `${percent(results[name].train)} and ${percent(results[name].test)}`
  return {
    results,
    sentence:
      `Of the training and the test images ${both('nothing done')} are right when 200 images are learnt by heart, ` +
      `${both('+ shifts')} with weight decay, dropout and augmentation, ${both('+ images')} with ` +
      `ten times the images, and ${both('dropout 0.99')} with dropout of 0.99.`,
    figure: {
      title: 'Overfitting and its cures',
      panels: [
        { title: 'Training images', x: 'step', y: 'share right', bars: of('train') },
        { title: 'Test images', x: 'step', y: 'share right', bars: of('test') },
      ],
    },
  }
}

async function right(model: nn.Module, images: data.DataLoader): Promise<number> {
  const { metrics } = await evaluate(model, images, { loss: F.crossEntropy, metrics: ['accuracy'] })
  return Number(metrics.accuracy)
}
