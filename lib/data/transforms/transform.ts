import { nextSeed } from '../../tensor/generator.ts'
import type { BatchContext, Recipe } from '../dataset.ts'
import { Generator } from '../generator.ts'
import type { ImageBatch } from './image_batch.ts'

/**
 * A change to a batch of images, in place. It draws what is random from each image's own stream, so that the result does not
 * depend on how the images are divided into batches or among workers.
 *
 * Own ones are objects of this form; `recipe` is needed only where workers are to make them again.
 *
 * @example
 * const invert: Transform = {
 *   name: 'invert',
 *   apply: (images) => images.eachPixel('invert', (value) => 255 - value),
 * }
 */
export interface Transform {
  /** As error messages call it. */
  readonly name: string
  /** Changes the images; what is random comes from the stream of each. */
  apply(images: ImageBatch, streams: Streams): void
  /** How a worker makes this transform again. */
  recipe?(): Recipe
}

/** The streams of random numbers of the images of a batch, made when first asked for. */
export class Streams {
  readonly #context: BatchContext
  readonly #made: Generator[] = []

  /** @param context - of the batch; without one the streams follow the library's generator. */
  constructor(context: BatchContext = drawnContext()) {
    this.#context = context
  }

  /** The stream of image `i`, the same object for all transforms of a batch, so each goes on where the last one stopped. */
  of(i: number): Generator {
    this.#made[i] ??= this.#context.generator(i)
    return this.#made[i]
  }
}

function drawnContext(): BatchContext {
  const generator = new Generator(nextSeed())
  return { generator: (i) => generator.fork(i) }
}

/**
 * A transform that workers can make again, by calling the export `name` of the module `url` with `args`.
 *
 * @param url - `import.meta.url` of the file that exports the factory.
 */
export function described(url: string, name: string, args: readonly unknown[], apply: Transform['apply']): Transform {
  return { name, apply, recipe: () => ({ module: url, export: name, args }) }
}
