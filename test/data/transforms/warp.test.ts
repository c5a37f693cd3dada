import { describe, expect, it } from 'vitest'
import { randomAffine, randomRotation } from '../../../lib/data/transforms/affine.ts'
import { randomResizedCrop, resize } from '../../../lib/data/transforms/resize.ts'
import { inverseAffine, warp } from '../../../lib/data/transforms/warp.ts'
import { integersBelow } from '../../support/data.ts'
import { applied, batch } from './batches.ts'

const nine = [1, 2, 3, 4, 5, 6, 7, 8, 9]

describe('randomRotation', () => {
  it('turns counter-clockwise about the middle', () => {
    const turn = (degrees: number) => applied(randomRotation([degrees, degrees]), batch([1, 3, 3, 1], nine))
    expect(turn(0)).toEqual(nine)
    expect(turn(90)).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7])
    expect(turn(180)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1])
    expect(turn(-90)).toEqual([7, 4, 1, 8, 5, 2, 9, 6, 3])
    const colours = batch([1, 1, 2, 2], [1, 2, 3, 4])
    expect(applied(randomRotation([180, 180]), colours)).toEqual([3, 4, 1, 2])
  })

  it('fills what comes from outside, and draws an angle for each image', () => {
    const wide = batch([1, 1, 3, 2], [1, 2, 3, 4, 5, 6])
    expect(applied(randomRotation([90, 90], { fill: [7, 8] }), wide)).toEqual([7, 8, 3, 4, 7, 8])
    const same = Array.from({ length: 6 }, () => [...integersBelow(256, 81, 9)]).flat()
    const turned = applied(randomRotation(40, { interpolation: 'bilinear' }), batch([6, 9, 9, 1], same))
    const each = Array.from({ length: 6 }, (_, n) => turned.slice(81 * n, 81 * n + 81).join())
    expect(new Set(each).size).toBe(6)
  })

  it('refuses what is no range', () => {
    expect(() => randomRotation(-5)).toThrow(
      'randomRotation: expected degrees to be a number of at least 0 or a range, got -5',
    )
    expect(() => randomRotation(5, { interpolation: 'cubic' as 'nearest' })).toThrow(
      'randomRotation: expected interpolation to be one of "nearest", "bilinear", got "cubic"',
    )
  })
})

describe('randomAffine', () => {
  it('shifts, scales and shears', () => {
    const images = () =>
      batch([200, 5, 5, 1], Array.from({ length: 200 }, () => [...integersBelow(200, 25, 4)].map((v) => v + 1)).flat())
    const shifted = applied(randomAffine(0, { translate: [0.4, 0] }), images())
    const plain = applied(randomAffine(0), images())
    const shifts = new Set<number>()
    for (let n = 0; n < 200; n++) {
      const shift = [-2, -1, 0, 1, 2].find((dx) =>
        Array.from({ length: 25 }, (_, i) => i).every((i) => {
          const x = (i % 5) - dx
          return shifted[25 * n + i] === (x >= 0 && x < 5 ? plain[25 * n + i - dx] : 0)
        }),
      )
      shifts.add(shift!)
    }
    expect([...shifts].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2])
    // Twice as large: every pixel of the middle stands four times.
    const four = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
    expect(applied(randomAffine(0, { scale: [2, 2] }), batch([1, 4, 4, 1], four))).toEqual([
      ...[6, 6, 7, 7, 6, 6, 7, 7, 10, 10, 11, 11, 10, 10, 11, 11],
    ])
    // Sheared by 45 degrees, rows move by as many pixels as they lie from the middle.
    expect(applied(randomAffine(0, { shear: [45, 45] }), batch([1, 3, 3, 1], nine))).toEqual([
      0, 1, 2, 4, 5, 6, 8, 9, 0,
    ])
  })

  it('refuses what makes no sense', () => {
    expect(() => randomAffine(5, { translate: [2, 0] })).toThrow(
      'randomAffine: expected translate to lie between 0 and 1, got 2',
    )
    expect(() => randomAffine(5, { scale: [0, 1] })).toThrow(
      'randomAffine: expected scale to be a range [low, high] with 0 < low <= high, got [0,1]',
    )
    expect(() => randomAffine(5, { shear: [3, 1] })).toThrow(
      'randomAffine: expected shear to be a number of at least 0 or a range, got 3,1',
    )
  })

  it('is undone by its opposite', () => {
    // Bilinear twice smooths, but a smooth picture stays where it was.
    const smooth = Array.from({ length: 400 }, (_, i) => 100 + 5 * Math.floor(i / 20) + 2 * (i % 20))
    const images = batch([1, 20, 20, 1], smooth)
    warp('test', images, () => inverseAffine(17, [1.5, -0.5], 1, [0, 0]), 'bilinear', 0)
    const back = inverseAffine(-17, [0, 0], 1, [0, 0])
    const [x, y] = [-1.5, 0.5]
    warp('test', images, () => [back[0], back[1], 0 - x, back[3], back[4], 0 - y], 'bilinear', 0)
    const got = images.pixels('test')
    for (let row = 8; row < 12; row++) {
      for (let column = 8; column < 12; column++) {
        expect(Math.abs(got[20 * row + column] - smooth[20 * row + column])).toBeLessThanOrEqual(2)
      }
    }
  })
})

describe('resize', () => {
  it('averages where it shrinks and interpolates where it grows', () => {
    expect(applied(resize([1, 2]), batch([1, 1, 4, 1], [0, 0, 100, 100]))).toEqual([14, 86])
    expect(applied(resize([1, 4]), batch([1, 1, 2, 1], [0, 100]))).toEqual([0, 25, 75, 100])
    expect(applied(resize([4, 1]), batch([1, 2, 1, 2], [0, 10, 100, 50]))).toEqual([0, 10, 25, 20, 75, 40, 100, 50])
    expect(applied(resize([1, 2], { interpolation: 'nearest' }), batch([1, 1, 4, 1], [1, 2, 3, 4]))).toEqual([1, 3])
    const flat = applied(resize([5, 9]), batch([2, 7, 4, 3], new Array(168).fill(77)))
    expect(flat).toEqual(new Array(270).fill(77))
  })

  it('gives the shorter side the size asked for', () => {
    const sizeOf = (height: number, width: number) => {
      const images = batch([1, height, width, 1])
      applied(resize(10), images)
      return [images.height, images.width]
    }
    expect([sizeOf(20, 35), sizeOf(35, 20), sizeOf(10, 15)]).toEqual([
      [10, 17],
      [17, 10],
      [10, 15],
    ])
    expect(() => resize(0)).toThrow('resize: expected size to be an integer of at least 1, got 0')
    expect(() => resize(4, { interpolation: 'cubic' as 'nearest' })).toThrow(
      'resize: expected interpolation to be one of "bilinear", "nearest", got "cubic"',
    )
  })
})

describe('randomResizedCrop', () => {
  it('shows windows of all sizes, at the size asked for', () => {
    // Pixel (y, x) is 10 y + x, so corners tell where a window lay.
    const count = 300
    const images = batch(
      [count, 10, 10, 1],
      Array.from({ length: count }, () => Array.from({ length: 100 }, (_, i) => i)).flat(),
    )
    const cut = applied(randomResizedCrop(4, { scale: [0.25, 1], interpolation: 'nearest' }), images)
    expect(cut.length).toBe(count * 16)
    const spans = Array.from({ length: count }, (_, n) => {
      const window = cut.slice(16 * n, 16 * n + 16)
      return Math.floor(window[12] / 10) - Math.floor(window[0] / 10)
    })
    // Windows of 4 to 10 rows, of which the first of each quarter is shown.
    expect(Math.min(...spans)).toBe(3)
    expect(Math.max(...spans)).toBe(7)
    expect(() => randomResizedCrop(4, { scale: [0.5, 2] })).toThrow(
      'randomResizedCrop: expected scale to be a range [low, high] with 0 < low <= high <= 1, got [0.5,2]',
    )
  })
})
