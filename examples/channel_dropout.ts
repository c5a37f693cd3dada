// Dropout of single elements against dropout of whole channels, on the feature maps of a convolution.
//
//   npm run example channel_dropout
//
// Neighbours in a feature map say almost the same. Dropout of single elements leaves a dotted map from which a blur brings the
// picture back, so the next layer misses nothing; channel dropout takes whole maps, and it has to do without. Look at the
// pictures: in the middle every map can still be recognised, on the right half of them are gone.
import { functional as F, manualSeed, models, nn, noGrad, type Tensor } from '../lib/index.ts'
import { type Lesson, type LessonOptions, percent } from './support/lesson.ts'
import { digits, train } from './support/training.ts'

interface Result {
  /** Share of the maps of which nothing is left. */
  gone: number
  /** Correlation between blurred maps before and behind the dropout, on average over the maps. */
  recovered: number
}

export async function run({
  short = false,
}: LessonOptions = {}): Promise<Lesson & { elements: Result; channels: Result }> {
  manualSeed(0)
  const [model, source] = [models.bnLeNet(), digits(short ? 500 : 4000)]
  await train(model, source, { lr: 0.02, epochs: 1 })

  // The maps behind the first convolution, batch norm and ReLU: 6 for each of 50 images.
  const block = new nn.Sequential(...model.children().slice(0, 3)).eval()
  const [[images]] = source.train
  const [maps, elements, channels] = noGrad(() => {
    const maps = block.forward(images)
    return [maps, F.dropout(maps, { p: 0.5 }), F.dropout2d(maps, { p: 0.5 })]
  })
  const results = { elements: compare(maps, elements), channels: compare(maps, channels) }
  return {
    ...results,
    sentence:
      `Dropout of half the elements erased ${percent(results.elements.gone)} of the feature maps and left a blurred map ` +
      `correlated by ${results.elements.recovered.toFixed(2)} with the whole one, dropout of half the channels erased ` +
      `${percent(results.channels.gone)} and left ${results.channels.recovered.toFixed(2)}.`,
    figure: {
      title: 'Six feature maps (columns) of four digits (rows), dropped with p = 0.5',
      panels: [
        { title: 'Feature maps', picture: tiles(maps) },
        { title: 'Dropout of elements', picture: tiles(elements) },
        { title: 'Dropout of channels', picture: tiles(channels) },
      ],
    },
  }
}

function compare(before: Tensor, behind: Tensor): Result {
  const blur = (maps: Tensor): Tensor => F.avgPool2d(maps, 5, { stride: 1 }).flatten(2)
  const centred = (rows: Tensor): Tensor => rows.sub(rows.mean(2, { keepdim: true }))
  return noGrad(() => {
    const [a, b] = [centred(blur(before)), centred(blur(behind))]
    const sizes = a.square().sum(2).mul(b.square().sum(2)).sqrt()
    // A map that is gone has no deviation and correlates with nothing.
    const correlation = a.mul(b).sum(2).div(sizes.add(1e-12))
    const gone = behind.abs().sum([2, 3]).eq(0).to('float32')
    return { gone: Number(gone.mean().item()), recovered: Number(correlation.mean().item()) }
  })
}

/** The six maps of the first four images, a row for each image. */
function tiles(maps: Tensor): number[][] {
  const [, channels, height, width] = maps.shape
  return maps
    .narrow(0, 0, 4)
    .permute([0, 2, 1, 3])
    .reshape([4 * height, channels * width])
    .toArray() as number[][]
}
