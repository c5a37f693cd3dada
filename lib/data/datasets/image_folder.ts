import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { tensor } from '../../tensor/create.ts'
import { checkChoice, checkOptions, type Pair, toPair } from '../../util/check.ts'
import { FormatError, StateError } from '../../util/errors.ts'
import type { BatchContext, Dataset, LabelledBatch, Recipe } from '../dataset.ts'
import type { ImageSetOptions } from '../image_dataset.ts'
import { recipeOf } from '../transforms/compose.ts'
import { ImageBatch } from '../transforms/image_batch.ts'
import { Streams, type Transform } from '../transforms/transform.ts'
import { loadSharp, type Sharp } from './sharp.ts'

export interface ImageFolderOptions extends ImageSetOptions {
  /** Height and width that images get as they are decoded, or `[height, width]`. Default: that of the first image, for all. */
  size?: Pair
  /** How they get it: `cover` keeps proportions and cuts off what is too much, `fill` distorts. Default `cover`. */
  fit?: 'cover' | 'fill'
  /** 3 for colours or 1 for grey. Default 3. */
  channels?: 1 | 3
}

const IMAGES = /\.(jpe?g|png|webp|gif|avif|tiff?)$/i

/**
 * Images in folders, one folder for each class: `root/cat/1.jpg`, `root/dog/2.png`, decoded by the package sharp as they are
 * needed. Classes are the folders' names in alphabetical order, images of a class lie in them at any depth.
 *
 * Batches come from `for await` over a loader, which decodes the images of a batch at the same time.
 *
 * @param root - the folder of the class folders.
 * @throws {FormatError} when there is no folder or no image.
 *
 * @example
 * const train = new datasets.ImageFolder('flowers/train', {
 *   size: 256,
 *   transform: transforms.randomResizedCrop(224),
 * })
 */
export class ImageFolder implements Dataset {
  readonly root: string
  readonly classes: readonly string[]
  /** Files in the order of the samples. */
  readonly files: readonly string[]
  readonly labels: Int32Array
  readonly #options: ImageFolderOptions
  #sharp: Promise<Sharp> | null = null
  #size: Promise<[number, number]> | null = null

  constructor(root: string, options: ImageFolderOptions = {}) {
    const op = 'ImageFolder'
    checkOptions(op, options, ['size', 'fit', 'channels', 'mean', 'std', 'transform'])
    checkChoice(op, 'fit', options.fit ?? 'cover', ['cover', 'fill'])
    if (options.size !== undefined) toPair(op, 'size', options.size, 1)
    const found = findImages(op, root)
    this.root = root
    this.classes = found.map(({ name }) => name)
    this.files = found.flatMap(({ files }) => files)
    this.labels = Int32Array.from(found.flatMap(({ files }, label) => files.map(() => label)))
    this.#options = options
  }

  get length(): number {
    return this.files.length
  }

  /** @throws {StateError} always: files are read while others wait. */
  getBatch(): LabelledBatch {
    throw new StateError('ImageFolder: expected for await over the loader, which waits for files, got a plain for')
  }

  async loadBatch(indices: Int32Array, context?: BatchContext): Promise<LabelledBatch> {
    const { mean, std, transform, channels = 3 } = this.#options
    const [height, width] = await this.#sizeOfAll()
    const size = height * width * channels
    const pixels = new Uint8Array(indices.length * size)
    await Promise.all(
      Array.from(indices, async (index, n) => {
        const decoded = await this.#decode(this.files[index], [height, width])
        pixels.set(decoded.data, n * size)
      }),
    )
    const images = new ImageBatch(pixels, [indices.length, height, width, channels])
    transform?.apply(images, new Streams(context))
    return [images.toTensor(mean, std), tensor(indices.map((index) => this.labels[index]))]
  }

  recipe(): Recipe {
    const { transform, ...options } = this.#options
    const args = [this.root, { ...options, ...(transform && { transform: recipeOf(transform) }) }]
    return { module: import.meta.url, export: 'ImageFolder', args }
  }

  /** The same files under another transform. */
  withTransform(transform: Transform): ImageFolder {
    return new ImageFolder(this.root, { ...this.#options, transform })
  }

  #sizeOfAll(): Promise<[number, number]> {
    const { size } = this.#options
    if (size !== undefined) return Promise.resolve(toPair('ImageFolder', 'size', size, 1))
    this.#size ??= this.#decode(this.files[0], null).then(({ height, width }) => [height, width])
    return this.#size
  }

  async #decode(path: string, size: [number, number] | null) {
    const { channels = 3, fit = 'cover', size: wanted } = this.#options
    this.#sharp ??= loadSharp()
    const sharp = await this.#sharp
    // Turned upright as the camera says.
    let pipeline = sharp(path).rotate()
    if (wanted !== undefined && size !== null) pipeline = pipeline.resize({ height: size[0], width: size[1], fit })
    const decoded = await pipeline
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
      .catch((error: Error) => {
        throw new FormatError(`ImageFolder: cannot decode the image (${error.message}); ${path}`)
      })
    const { height, width } = decoded.info
    if (size !== null && (height !== size[0] || width !== size[1])) {
      throw new FormatError(
        `ImageFolder: expected images of ${size[0]}x${size[1]} like the first, got ${height}x${width}; ` +
          `give a size to bring all to one; ${path}`,
      )
    }
    if (decoded.info.channels !== channels) {
      throw new FormatError(`ImageFolder: expected ${channels} channels, got ${decoded.info.channels}; ${path}`)
    }
    return { data: decoded.data, height, width }
  }
}

function findImages(op: string, root: string): { name: string; files: string[] }[] {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw new FormatError(`${op}: expected a folder with a folder for each class; ${root}`)
  }
  const names = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  // Compared by code units: the same order on every system and in every locale.
  const classes = names.map(({ name }) => name).sort()
  const found = classes.map((name) => {
    const dir = join(root, name)
    const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((file) => IMAGES.test(file))
    return { name, files: files.sort().map((file) => join(dir, file)) }
  })
  if (classes.length === 0) throw new FormatError(`${op}: expected a folder for each class, got none; ${root}`)
  const empty = found.find(({ files }) => files.length === 0)
  if (empty !== undefined) {
    throw new FormatError(
      `${op}: expected images (JPEG, PNG, WebP, GIF, AVIF, TIFF) in ${empty.name}, got none; ${root}`,
    )
  }
  return found
}
