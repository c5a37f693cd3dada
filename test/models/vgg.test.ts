import { describe, expect, it } from 'vitest'
import { models, RangeError } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { normNames, outputShape, parameterCount, shapesOf } from './zoo.ts'

describe('vgg11Bn', () => {
  // Where torchvision's list of layers has its convolutions.
  const convs = [0, 4, 8, 11, 15, 18, 22, 25]
  const features = convs.flatMap((at) => [
    ...['weight', 'bias'].map((field) => `features.${at}.${field}`),
    ...normNames(`features.${at + 1}`),
  ])

  it("has torchvision's state and 132,868,840 parameters", () => {
    const model = models.vgg11Bn()
    const shapes = shapesOf(model)
    const classifier = [0, 3, 6].flatMap((at) => [`classifier.${at}.weight`, `classifier.${at}.bias`])
    expect(Object.keys(shapes)).toEqual([...features, ...classifier])
    expect(shapes).toMatchObject({
      'features.0.weight': [64, 3, 3, 3],
      'features.25.weight': [512, 512, 3, 3],
      'features.26.running_var': [512],
      'classifier.0.weight': [4096, 512 * 7 * 7],
      'classifier.6.weight': [1000, 4096],
    })
    expect(parameterCount(model)).toBe(132_868_840)
  })

  it('has one linear layer for small images', () => {
    const model = models.vgg11Bn({ inChannels: 1, numClasses: 5, imageSize: 32, stem: 'cifar' })
    expect(Object.keys(shapesOf(model))).toEqual([...features, 'classifier.0.weight', 'classifier.0.bias'])
    expect(outputShape(model, [2, 1, 32, 40])).toEqual([2, 5])
  })

  it('refuses images of which nothing would be left', () => {
    throws(
      () => models.vgg11Bn({ imageSize: [31, 64] }),
      RangeError,
      'vgg11Bn: expected larger images, of which something is left, got 31x64',
    )
  })
})
