// Batch norm against group norm when batches are small.
//
//   npm run example small_batches
//
// Batch norm measures its means and deviations on the batch: with two samples they are little more than noise, and in a linear
// layer they leave only which of the two is larger. Group norm measures them on each sample by itself and does not know how large
// the batch is. Look at the left end: every network sees the same images as often, the rate is proportional to the batch.
import { manualSeed, models } from '../lib/index.ts'
import { type Lesson, type LessonOptions, percent } from './support/lesson.ts'
import { digits, train } from './support/training.ts'

const norms = ['batch', 'group'] as const
type Accuracy = Record<(typeof norms)[number], number[]>

export async function run({ short = false }: LessonOptions = {}): Promise<Lesson & { accuracy: Accuracy }> {
  const [images, epochs, sizes] = short ? [1000, 1, [2, 20]] : [2000, 2, [2, 4, 8, 16, 32]]
  const accuracy: Accuracy = { batch: [], group: [] }
  for (const normLayer of norms) {
    for (const batchSize of sizes) {
      manualSeed(0)
      const model = models.bnLeNet({ normLayer })
      const curve = await train(model, digits(images, { batchSize }), { lr: 0.0005 * batchSize, epochs })
      accuracy[normLayer].push(curve.at(-1)!.test)
    }
  }
  const points = (name: (typeof norms)[number]): [number, number][] => sizes.map((size, i) => [size, accuracy[name][i]])
  const { batch, group } = accuracy
  return {
    accuracy,
    sentence:
      `In batches of 2 batch norm gets ${percent(batch[0])} of the test images right and group norm ${percent(group[0])}; ` +
      `in batches of ${sizes.at(-1)} they get ${percent(batch.at(-1)!)} and ${percent(group.at(-1)!)}.`,
    figure: {
      title: 'Small batches',
      panels: [
        {
          title: `After ${epochs} epochs of ${images} images`,
          x: 'images in a batch',
          y: 'share of test images right',
          lines: { 'batch norm': points('batch'), 'group norm': points('group') },
        },
      ],
    },
  }
}
