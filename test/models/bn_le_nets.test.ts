import { describe, expect, it } from 'vitest'
import { models, RangeError } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { outputShape, parameterCount, shapesOf } from './zoo.ts'

describe('bnLeNet', () => {
  it('is LeNet-5 with a norm behind every layer but the last', () => {
    const shapes = shapesOf(models.bnLeNet())
    const weights = Object.entries(shapes).filter(([, shape]) => shape.length > 1)
    expect(weights).toEqual([
      ['0.weight', [6, 1, 5, 5]],
      ['4.weight', [16, 6, 5, 5]],
      ['9.weight', [120, 400]],
      ['12.weight', [84, 120]],
      ['15.weight', [10, 84]],
    ])
    expect(Object.keys(shapes).filter((name) => name.endsWith('running_mean'))).toHaveLength(4)
    // 150 + 2,400 + 48,000 + 10,080 weights, 850 of the last layer, two per channel of the norms.
    expect(parameterCount(models.bnLeNet())).toBe(150 + 2400 + 48_000 + 10_080 + 850 + 2 * (6 + 16 + 120 + 84))
  })

  it('takes images down to 12×12', () => {
    expect(outputShape(models.bnLeNet({ imageSize: [12, 13], inChannels: 3 }), [2, 3, 12, 13])).toEqual([2, 10])
    throws(
      () => models.bnLeNet({ imageSize: [11, 28] }),
      RangeError,
      'bnLeNet: expected larger images, of which something is left, got 11x28',
    )
  })
})

describe('bnResLeNet', () => {
  it('has residual blocks of 5×5 with projections', () => {
    const model = models.bnResLeNet({ imageSize: [9, 8] })
    expect(shapesOf(model)).toMatchObject({
      '0.conv1.weight': [6, 1, 5, 5],
      '0.conv2.weight': [6, 6, 5, 5],
      '0.downsample.0.weight': [6, 1, 1, 1],
      '2.downsample.0.weight': [16, 6, 1, 1],
      '5.weight': [120, 16 * 4],
    })
    expect(outputShape(model, [2, 1, 9, 8])).toEqual([2, 10])
  })
})

describe('bnLeNetResBlock', () => {
  it('has three stages of 16, 32 and 64 channels, 120 and 84', () => {
    const model = models.bnLeNetResBlock({ inChannels: 3, imageSize: 32 })
    const weights = Object.entries(shapesOf(model)).filter(([, shape]) => shape.length > 1)
    expect(weights).toEqual([
      ...[16, 32, 64].flatMap((channels, i, all) => [
        [`${5 * i}.weight`, [channels, i === 0 ? 3 : all[i - 1], 3, 3]],
        [`${5 * i + 3}.conv1.weight`, [channels, channels, 3, 3]],
        [`${5 * i + 3}.conv2.weight`, [channels, channels, 3, 3]],
      ]),
      ['16.weight', [120, 1024]],
      ['19.weight', [84, 120]],
      ['22.weight', [10, 84]],
    ])
    expect(parameterCount(model)).toBe(
      // Weights of the convolutions, of the linear layers, and two per channel of the norms.
      9 * (3 * 16 + 16 * 32 + 32 * 64 + 2 * (16 ** 2 + 32 ** 2 + 64 ** 2)) +
        (1024 * 120 + 120 * 84 + 85 * 10) +
        2 * (3 * (16 + 32 + 64) + 120 + 84),
    )
    expect(outputShape(model, [2, 3, 32, 32])).toEqual([2, 10])
  })

  it('can be normalised behind the activation', () => {
    const kinds = (order: 'beforeActivation' | 'afterActivation') =>
      models
        .bnLeNetResBlock({ normOrder: order })
        .children()
        .slice(0, 4)
        .map((module) => module.constructor.name)
    expect(kinds('beforeActivation')).toEqual(['Conv2d', 'BatchNorm2d', 'ReLU', 'ResidualBlock'])
    expect(kinds('afterActivation')).toEqual(['Conv2d', 'ReLU', 'BatchNorm2d', 'ResidualBlock'])
  })

  it('refuses images of which nothing would be left', () => {
    throws(
      () => models.bnLeNetResBlock({ imageSize: 7 }),
      RangeError,
      'bnLeNetResBlock: expected larger images, of which something is left, got 7x7',
    )
  })
})
