import { describe, expect, it } from 'vitest'
import { randAugment, trivialAugmentWide } from '../../../lib/data/transforms/auto_augment.ts'
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  adjustSharpness,
  autoContrast,
  equalize,
  type Picture,
  posterize,
  solarize,
} from '../../../lib/data/transforms/color.ts'
import { colorJitter } from '../../../lib/data/transforms/color_jitter.ts'
import { integersBelow } from '../../support/data.ts'
import { applied, batch } from './batches.ts'

function changed(change: (picture: Picture) => void, pixels: number[], channels = 3, width = pixels.length / channels) {
  const picture = { pixels: Uint8Array.from(pixels), height: pixels.length / channels / width, width, channels }
  change(picture)
  return [...picture.pixels]
}

describe('changes of colour', () => {
  // Numbers by hand, from the formulas of torchvision on uint8.
  it('blend', () => {
    expect(changed((picture) => adjustBrightness(picture, 1.5), [0, 100, 200])).toEqual([0, 150, 255])
    // The weights of grey add up to 0.9999, so that 200 is 199 there, and the mean 99.5.
    const halved = changed((picture) => adjustContrast(picture, 0.5), [0, 0, 0, 200, 200, 200])
    expect(halved).toEqual([49, 49, 49, 149, 149, 149])
    // Grey of (200, 100, 50): 59.78 + 58.7 + 5.7 = 124.18.
    expect(changed((picture) => adjustSaturation(picture, 0), [200, 100, 50])).toEqual([124, 124, 124])
    expect(changed((picture) => adjustSaturation(picture, 0.5), [200, 100, 50])).toEqual([162, 112, 87])
    expect(changed((picture) => adjustSaturation(picture, 0), [200, 100], 1)).toEqual([200, 100])
  })

  it('turn hues', () => {
    const third = (pixel: number[]) => changed((picture) => adjustHue(picture, 1 / 3), pixel)
    expect(third([200, 50, 50])).toEqual([50, 200, 50])
    expect(third([50, 200, 50])).toEqual([50, 50, 200])
    expect(third([80, 80, 80])).toEqual([80, 80, 80])
    expect(changed((picture) => adjustHue(picture, -1 / 3), [200, 50, 50])).toEqual([50, 50, 200])
    // All the way round and not at all, any colour stays to within a rounding.
    const any = [...integersBelow(256, 300, 1)]
    const same = changed((picture) => adjustHue(picture, 0), any)
    for (const [i, value] of same.entries()) expect(Math.abs(value - any[i])).toBeLessThanOrEqual(1)
  })

  it('map values', () => {
    expect(changed((picture) => posterize(picture, 2), [0, 63, 64, 200, 255], 1)).toEqual([0, 0, 64, 192, 192])
    expect(changed((picture) => solarize(picture, 100), [0, 99, 100, 255], 1)).toEqual([0, 99, 155, 0])
    expect(changed(autoContrast, [50, 7, 100, 7, 150, 7], 2)).toEqual([0, 7, 127, 7, 255, 7])
    // Four values of 64 pixels each spread over the range: step ⌊192 / 255⌋ = 0 leaves them, 256 pixels each do not.
    const values = (count: number) => [10, 20, 30, 40].flatMap((value) => new Array<number>(count).fill(value))
    expect(changed(equalize, values(64), 1)).toEqual(values(64))
    expect([...new Set(changed(equalize, values(256), 1))]).toEqual([0, 85, 171, 255])
  })

  it('sharpen the inside', () => {
    const point = [0, 0, 0, 0, 130, 0, 0, 0, 0]
    expect(changed((picture) => adjustSharpness(picture, 0), point, 1, 3)).toEqual([0, 0, 0, 0, 50, 0, 0, 0, 0])
    expect(changed((picture) => adjustSharpness(picture, 1.5), point, 1, 3)).toEqual([0, 0, 0, 0, 170, 0, 0, 0, 0])
  })
})

describe('colorJitter', () => {
  it('draws within its ranges, for each image anew', () => {
    const gray = new Array(300 * 3).fill(100)
    const brightness = applied(colorJitter({ brightness: 0.3 }), batch([300, 1, 1, 3], gray)).filter(
      (_, i) => i % 3 === 0,
    )
    expect(Math.min(...brightness)).toBeGreaterThanOrEqual(70)
    expect(Math.max(...brightness)).toBeLessThanOrEqual(130)
    expect(new Set(brightness).size).toBeGreaterThan(40)
    expect(applied(colorJitter(), batch([2, 3, 3, 3]))).toEqual([...batch([2, 3, 3, 3]).pixels('test')])
    expect(() => colorJitter({ brightness: -1 })).toThrow(
      'colorJitter: expected brightness to be a number of at least 0 or a range of such, got -1',
    )
    expect(() => colorJitter({ hue: 0.6 })).toThrow(
      'colorJitter: expected hue to be a number in [0, 0.5] or a range in [-0.5, 0.5], got 0.6',
    )
  })
})

describe('policies', () => {
  const pixels = Array.from({ length: 60 }, () => [...integersBelow(256, 12 * 12 * 3, 8)]).flat()

  it('change images in many ways, the same for the same seed', () => {
    for (const policy of [randAugment(), trivialAugmentWide()]) {
      const once = applied(policy, batch([60, 12, 12, 3], pixels), 5)
      expect(applied(policy, batch([60, 12, 12, 3], pixels), 5)).toEqual(once)
      const each = Array.from({ length: 60 }, (_, n) => once.slice(432 * n, 432 * (n + 1)).join())
      expect(new Set(each).size).toBeGreaterThan(25)
    }
  })

  it('leave images alone at magnitude 0, but for what has no strength', () => {
    const once = applied(randAugment({ magnitude: 0, numOps: 1 }), batch([60, 12, 12, 1], pixels.slice(0, 60 * 144)))
    const kept = Array.from({ length: 60 }, (_, n) => n).filter((n) =>
      once.slice(144 * n, 144 * (n + 1)).every((value, i) => value === pixels[144 * n + i]),
    )
    // All but solarizing, autocontrast and equalizing, 11 of 14; 47 expected, standard deviation 3.2.
    expect(kept.length).toBeGreaterThan(31)
  })

  it('refuse what makes no sense', () => {
    expect(() => randAugment({ magnitude: 31 })).toThrow(
      'randAugment: expected magnitude to be an integer in [0, 31), got 31',
    )
    expect(() => randAugment({ numOps: 0 })).toThrow(
      'randAugment: expected numOps to be an integer of at least 1, got 0',
    )
    expect(() => trivialAugmentWide({ numMagnitudeBins: 1 })).toThrow(
      'trivialAugmentWide: expected numMagnitudeBins to be an integer of at least 2, got 1',
    )
  })
})
