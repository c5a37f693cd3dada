import { Generator } from '../../../lib/data/generator.ts'
import { ImageBatch } from '../../../lib/data/transforms/image_batch.ts'
import { Streams, type Transform } from '../../../lib/data/transforms/transform.ts'
import { integersBelow } from '../../support/data.ts'

/** Streams that depend on the seed and the image alone. */
export const streams = (seed = 1): Streams => new Streams({ generator: (i) => new Generator(seed).fork(i) })

/** Images of random pixels, or of those given. */
export function batch(shape: [number, number, number, number], pixels?: readonly number[]): ImageBatch {
  const size = shape.reduce((product, one) => product * one, 1)
  return new ImageBatch(Uint8Array.from(pixels ?? integersBelow(256, size, 3)), shape)
}

/** The pixels, `[N, H, W, C]`, that a transform makes of a batch. */
export function applied(transform: Transform, images: ImageBatch, seed = 1): number[] {
  transform.apply(images, streams(seed))
  return [...images.pixels('test')]
}

/** The values of the batch as a tensor, `[N, C, H, W]`, in the unit of pixels. */
export function values(images: ImageBatch, std = 1 / 255): number[] {
  return [...(images.toTensor(0, std).toTypedArray() as Float32Array)]
}
