import { describe, expect, it } from 'vitest'
import { models } from '../../lib/index.ts'
import { outputShape, parameterCount, shapesOf } from './zoo.ts'

describe('mobileNetV1', () => {
  it('has 4,231,976 parameters in thirteen separable convolutions', () => {
    const model = models.mobileNetV1()
    expect(parameterCount(model)).toBe(4_231_976)
    const shapes = shapesOf(model)
    expect(Object.keys(shapes).filter((name) => name.includes('depthwise.0'))).toHaveLength(13)
    expect(shapes).toMatchObject({
      'features.0.0.weight': [32, 3, 3, 3],
      'features.1.depthwise.0.weight': [32, 1, 3, 3],
      'features.1.pointwise.0.weight': [64, 32, 1, 1],
      'features.13.pointwise.1.running_mean': [1024],
      'classifier.weight': [1000, 1024],
    })
    // Biases of linear layers start at 0.
    expect(model.stateDict()['classifier.bias'].abs().sum().item()).toBe(0)
  })

  it('takes images of any size and number of channels', () => {
    const model = models.mobileNetV1({ inChannels: 1, numClasses: 7, stem: 'cifar' })
    expect(outputShape(model, [2, 1, 20, 33])).toEqual([2, 7])
  })
})
