import { describe, expect, it } from 'vitest'
import { compose, recipeOf } from '../../../lib/data/transforms/compose.ts'
import { centerCrop, pad, randomCrop } from '../../../lib/data/transforms/crop.ts'
import { randomHorizontalFlip, randomVerticalFlip } from '../../../lib/data/transforms/flip.ts'
import { ImageBatch } from '../../../lib/data/transforms/image_batch.ts'
import { normalize } from '../../../lib/data/transforms/normalize.ts'
import { randomErasing } from '../../../lib/data/transforms/random_erasing.ts'
import { Streams, type Transform } from '../../../lib/data/transforms/transform.ts'
import { manualSeed } from '../../../lib/tensor/generator.ts'
import { applied, batch, streams, values } from './batches.ts'

describe('flips', () => {
  it('mirror with probability p', () => {
    const two = [1, 2, 3, 4]
    expect(applied(randomHorizontalFlip({ p: 1 }), batch([1, 2, 2, 1], two))).toEqual([2, 1, 4, 3])
    expect(applied(randomVerticalFlip({ p: 1 }), batch([1, 2, 2, 1], two))).toEqual([3, 4, 1, 2])
    expect(applied(randomHorizontalFlip({ p: 0 }), batch([1, 2, 2, 1], two))).toEqual(two)
    const many = batch([4000, 1, 2, 1], Array.from({ length: 4000 }, () => [0, 1]).flat())
    const flipped = applied(randomHorizontalFlip(), many).filter((value, i) => i % 2 === 0 && value === 1).length
    // 2000 expected, standard deviation 32.
    expect(Math.abs(flipped - 2000)).toBeLessThan(160)
    expect(() => randomVerticalFlip({ p: 2 })).toThrow('randomVerticalFlip: expected p to lie between 0 and 1, got 2')
  })
})

describe('transforms noted one after the other', () => {
  it('do what they do one at a time', () => {
    const chain = [
      randomHorizontalFlip(),
      randomCrop([6, 5], { padding: 2, paddingMode: 'reflect' }),
      randomVerticalFlip(),
      randomHorizontalFlip(),
      randomCrop(4),
      pad(1, { fill: 50 }),
      randomVerticalFlip(),
      centerCrop([5, 4]),
    ]
    const [noted, stepwise] = [batch([40, 7, 6, 2]), batch([40, 7, 6, 2])]
    compose(chain).apply(noted, streams())
    const shared = streams()
    for (const transform of chain) {
      transform.apply(stepwise, shared)
      stepwise.pixels('test')
    }
    expect([noted.height, noted.width]).toEqual([5, 4])
    expect(values(noted)).toEqual(values(stepwise))
  })

  it('draw the same for an image whatever batch it is in', () => {
    const transform = compose([randomCrop(5, { padding: 2 }), randomHorizontalFlip(), randomErasing({ p: 0.7 })])
    const pixels = [...batch([6, 5, 5, 3]).pixels('test')]
    const whole = batch([6, 5, 5, 3], pixels)
    transform.apply(whole, streams(8))
    const second = batch([3, 5, 5, 3], pixels.slice(3 * 75))
    const all = streams(8)
    transform.apply(second, new Streams({ generator: (i) => all.of(i + 3) }))
    expect(values(second)).toEqual(values(whole).slice(3 * 75))
  })

  it('follow the library’s generator where there is no loader', () => {
    const draw = () => {
      const images = batch([8, 6, 6, 1])
      randomCrop(4).apply(images, new Streams())
      return values(images)
    }
    manualSeed(4)
    const first = draw()
    expect(draw()).not.toEqual(first)
    manualSeed(4)
    expect(draw()).toEqual(first)
  })

  it('are refused when they are none, or cannot be made again', () => {
    expect(() => compose([randomCrop(2), 3 as unknown as Transform])).toThrow(
      'compose: expected transforms, got number at position 1',
    )
    const own: Transform = { name: 'invert', apply: (images) => images.eachPixel('invert', (value) => 255 - value) }
    expect(applied(own, batch([1, 1, 2, 1], [0, 10]))).toEqual([255, 245])
    expect(() => compose([own]).recipe!()).toThrow(
      'DataLoader: expected transforms that workers can make again, got invert without a recipe(); ' +
        'give it one that names a module and an export',
    )
    expect(recipeOf(randomCrop(2))).toMatchObject({ export: 'randomCrop', args: [2, {}] })
  })
})

describe('normalize', () => {
  it('replaces the moments of the set', () => {
    const images = batch([1, 1, 1, 2], [255, 51])
    normalize([0.5, 0.1], [0.25, 0.1]).apply(images, streams())
    const [red, green] = images.toTensor(9, 9).toTypedArray()
    expect([Number(red), Number(green)]).toEqual([2, Math.fround((51 / 255 - 0.1) / 0.1)])
    const twice = compose([normalize(0, 1), normalize(0, 1)])
    expect(() => twice.apply(batch([1, 1, 1, 1]), streams())).toThrow(
      'normalize: expected images that are not normalized, got it twice',
    )
    expect(() => normalize(0, 0)).toThrow('normalize: expected a positive std, got 0')
    expect(() => normalize([0, 1, 2], 1).apply(batch([1, 1, 1, 2]), streams())).toThrow(
      'normalize: expected one finite mean or one per channel (2), got 0,1,2',
    )
  })

  it('comes behind what works on pixels', () => {
    const late = compose([normalize(0, 1), randomCrop(2, { padding: 1 })])
    expect(() => late.apply(batch([50, 2, 2, 1]), streams())).toThrow(
      'randomCrop: expected to come before normalize where it pads, got images that are floats already',
    )
    const images = batch([1, 2, 2, 1])
    normalize(0, 1).apply(images, streams())
    expect(() => images.pixels('resize')).toThrow(
      'resize: expected to come before normalize and randomErasing, got images that are floats already',
    )
    expect(() => new ImageBatch(new Uint8Array(3), [1, 1, 2, 1])).toThrow(
      'ImageBatch: expected a shape [N, H, W, C] of 3 pixels, got [1, 1, 2, 1]',
    )
    expect(() => batch([1, 2, 2, 1]).replace(new Uint8Array(3), 2, 2)).toThrow(
      'ImageBatch: expected [1, 2, 2, 1] pixels, got 3',
    )
  })
})

describe('randomErasing', () => {
  it('paints rectangles of the sizes asked for, anywhere', () => {
    const count = 400
    const images = batch([count, 20, 20, 1], new Array(count * 400).fill(255))
    randomErasing({ p: 0.5, scale: [0.1, 0.2], ratio: [0.5, 2], value: -1 }).apply(images, streams())
    const all = values(images, 1)
    const areas = Array.from(
      { length: count },
      (_, n) => all.slice(400 * n, 400 * n + 400).filter((v) => v === -1).length,
    )
    const erased = areas.filter((area) => area > 0)
    // Half of them; standard deviation 10. Rounding both sides moves an area of 40 to 80 by up to a quarter.
    expect(Math.abs(erased.length - 200)).toBeLessThan(50)
    expect(Math.min(...erased)).toBeGreaterThanOrEqual(30)
    expect(Math.max(...erased)).toBeLessThanOrEqual(90)
    const hits = Array.from({ length: 400 }, (_, at) => areas.filter((_, n) => all[400 * n + at] === -1).length)
    expect(Math.min(...hits)).toBeGreaterThan(0)
  })

  it('moves along with crops and flips behind it, and is normalized with the rest', () => {
    const images = batch([2, 4, 4, 1], new Array(32).fill(255))
    images.erase(Int32Array.of(0, 1, 2, 4, 3, 0, 4, 1), [0.5])
    images.flip('horizontal', (n) => n === 0)
    images.flip('vertical', () => true)
    images.crop('test', 3, 3, Int32Array.of(1, 0, 0, 0))
    images.normalize('test', 0.5, 0.5)
    expect(values(images)).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1])
  })

  it('refuses ranges that are none', () => {
    expect(() => randomErasing({ scale: [0.5, 1.5] })).toThrow(
      'randomErasing: expected scale to be a range [low, high] with 0 < low <= high <= 1, got [0.5,1.5]',
    )
    expect(() => randomErasing({ ratio: [2, 1] })).toThrow(
      'randomErasing: expected ratio to be a range [low, high] with 0 < low <= high, got [2,1]',
    )
    const three = randomErasing({ p: 1, value: [1, 2, 3] })
    expect(() => three.apply(batch([1, 4, 4, 1]), streams())).toThrow(
      'randomErasing: expected one finite value or one per channel (1), got 1,2,3',
    )
  })
})
