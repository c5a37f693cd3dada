// Depth with and without residual connections.
//
//   npm run example residual_depth
//
// Both networks have the same convolutions, batch norms and ReLUs; one adds the input of every second convolution to its output.
// Look at the right end: a deep plain network learns worse than a shallow one, on the very images it is trained on, though it
// could do the same by leaving most layers idle; with the additions, depth does no harm.
import { manualSeed, nn } from '../lib/index.ts'
import { type Lesson, type LessonOptions, percent } from './support/lesson.ts'
import { digits, train } from './support/training.ts'

const CHANNELS = 16

/** Share of the training images that is right in the last epoch, by depth. */
type Accuracy = Record<'plain' | 'residual', number[]>

export async function run({ short = false }: LessonOptions = {}): Promise<Lesson & { accuracy: Accuracy }> {
  const [images, epochs, depths] = short ? [1000, 3, [2, 20]] : [2000, 5, [2, 8, 20, 40]]
  const accuracy: Accuracy = { plain: [], residual: [] }
  for (const kind of ['plain', 'residual'] as const) {
    for (const depth of depths) {
      manualSeed(0)
      const pairs = Array.from({ length: depth / 2 }, () => (kind === 'plain' ? plainPair() : residualPair()))
      const model = new nn.Sequential(
        new nn.Conv2d(1, CHANNELS, 7, { stride: 4, padding: 3, bias: false }),
        new nn.BatchNorm2d(CHANNELS),
        new nn.ReLU(),
        ...pairs,
        new nn.Flatten(),
        new nn.Linear(CHANNELS * 7 * 7, 10),
      )
      accuracy[kind].push((await train(model, digits(images), { lr: 0.002, epochs })).at(-1)!.train)
    }
  }
  const points = (kind: keyof Accuracy): [number, number][] => depths.map((depth, i) => [depth, accuracy[kind][i]])
  const { plain, residual } = accuracy
  return {
    accuracy,
    sentence:
      `From ${depths[0]} to ${depths.at(-1)} convolutions a plain network fell from ${percent(plain[0])} to ` +
      `${percent(plain.at(-1)!)} of the training images, a residual one went from ${percent(residual[0])} to ` +
      `${percent(residual.at(-1)!)}.`,
    figure: {
      title: 'Plain and residual networks of growing depth',
      panels: [
        {
          title: `After ${epochs} epochs of ${images} images`,
          x: '3x3 convolutions',
          y: 'share of training images right',
          lines: { plain: points('plain'), residual: points('residual') },
        },
      ],
    },
  }
}

const convolution = (): nn.Conv2d => new nn.Conv2d(CHANNELS, CHANNELS, 3, { padding: 1, bias: false })

const plainPair = (): nn.Module =>
  new nn.Sequential(
    convolution(),
    new nn.BatchNorm2d(CHANNELS),
    new nn.ReLU(),
    convolution(),
    new nn.BatchNorm2d(CHANNELS),
    new nn.ReLU(),
  )

/** The same, with the input added before the last ReLU. */
const residualPair = (): nn.Module => new nn.ResidualBlock(CHANNELS, CHANNELS)
