import { noGrad } from '../autograd/grad_mode.ts'
import { loadSharp } from '../data/datasets/sharp.ts'
import { ImageBatch } from '../data/transforms/image_batch.ts'
import { softmax } from '../ops/log_softmax.ts'
import { FormatError } from '../util/errors.ts'
import { loadNetwork, type SavedNetwork } from './networks.ts'
import { print, printJson, shared, type Task, useThreads } from './task.ts'

/** What a model takes an image for. */
interface Prediction {
  file: string
  class: string
  probability: number
  /** The most probable classes, the first one included. */
  top: { class: string; probability: number }[]
}

/** Reads an image in the size and the channels that a model takes. */
async function readImage(path: string, { shape, mean, std }: SavedNetwork) {
  const sharp = await loadSharp()
  const [height, width] = shape.imageSize
  const decoded = await sharp(path)
    .rotate()
    .resize({ height, width, fit: 'cover' })
    .toColourspace(shape.inChannels === 1 ? 'b-w' : 'srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      throw new FormatError(`cannot decode the image (${error.message}); ${path}`)
    })
  const pixels = Uint8Array.from(decoded.data)
  return new ImageBatch(pixels, [1, height, width, shape.inChannels]).toTensor(mean, std)
}

async function predict(file: string, network: SavedNetwork, count: number): Promise<Prediction> {
  const input = await readImage(file, network)
  const shares = noGrad(() => softmax(network.model.forward(input), 1)).toTypedArray() as Float32Array
  const nameOf = (index: number): string => network.classNames?.[index] ?? String(index)
  const order = Array.from(shares, (probability, index) => ({ class: nameOf(index), probability }))
  const top = order.sort((a, b) => b.probability - a.probability).slice(0, count)
  return { file, ...top[0], top }
}

export const predictCommand: Task = {
  summary: 'say what images show',
  synopsis: 'MODEL IMAGE... [options]',
  about:
    'Says what a model that strided train has saved takes images for. JPEG, PNG, WebP and others are read by the package sharp and ' +
    'brought to the size of the training images.',
  options: {
    top: { value: 'N', kind: 'integer', least: 1, default: 3, help: 'how many classes are named for each image' },
    ...shared,
  },
  positionals: [2, Number.POSITIVE_INFINITY],
  async perform(parsed) {
    const { values, positionals } = parsed
    useThreads(parsed)
    const [path, ...files] = positionals
    const network = loadNetwork(path)
    const predictions: Prediction[] = []
    for (const file of files) predictions.push(await predict(file, network, values.top as number))
    if (values.json) printJson(predictions)
    else {
      for (const { file, top } of predictions) {
        const shares = top.map((one) => `${one.class} ${(100 * one.probability).toFixed(1)} %`)
        print(`${file}: ${shares.join(', ')}`)
      }
    }
    return 0
  },
}
