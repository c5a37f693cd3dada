import { describe, expect, it } from 'vitest'
import { models } from '../../lib/index.ts'
import { normNames, outputShape, parameterCount, shapesOf } from './zoo.ts'

describe('mobileNetV2', () => {
  it("has torchvision's state and 3,504,872 parameters", () => {
    const model = models.mobileNetV2()
    const shapes = shapesOf(model)
    const pair = (prefix: string): string[] => [`${prefix}.0.weight`, ...normNames(`${prefix}.1`)]
    const block = (i: number): string[] => {
      const conv = `features.${i}.conv`
      // The first block does not widen its input.
      const inner = i === 1 ? 1 : 2
      const pairs = Array.from({ length: inner }, (_, j) => pair(`${conv}.${j}`)).flat()
      return [...pairs, `${conv}.${inner}.weight`, ...normNames(`${conv}.${inner + 1}`)]
    }
    const blocks = Array.from({ length: 17 }, (_, i) => block(i + 1)).flat()
    expect(Object.keys(shapes)).toEqual([
      ...pair('features.0'),
      ...blocks,
      ...pair('features.18'),
      'classifier.1.weight',
      'classifier.1.bias',
    ])
    expect(shapes).toMatchObject({
      'features.0.0.weight': [32, 3, 3, 3],
      'features.1.conv.0.0.weight': [32, 1, 3, 3],
      'features.1.conv.1.weight': [16, 32, 1, 1],
      'features.2.conv.0.0.weight': [96, 16, 1, 1],
      'features.2.conv.1.0.weight': [96, 1, 3, 3],
      'features.14.conv.2.weight': [160, 576, 1, 1],
      'features.17.conv.3.running_mean': [320],
      'features.18.0.weight': [1280, 320, 1, 1],
      'classifier.1.weight': [1000, 1280],
    })
    expect(parameterCount(model)).toBe(3_504_872)
    const std = Number(model.stateDict()['classifier.1.weight'].std().item())
    expect(std).toBeCloseTo(0.01, 4)
  })

  it('keeps small images large with the cifar stem', () => {
    const sizes = (stem: 'imagenet' | 'cifar'): number[] => {
      const model = models.mobileNetV2({ inChannels: 1, numClasses: 3, stem })
      const seen: number[] = []
      model.at(0)?.registerForwardHook((_, __, output) => {
        seen.push(...output.shape)
        return undefined
      })
      expect(outputShape(model, [1, 1, 32, 32])).toEqual([1, 3])
      return seen
    }
    expect([sizes('imagenet'), sizes('cifar')]).toEqual([
      [1, 1280, 1, 1],
      [1, 1280, 4, 4],
    ])
  })

  it('has ReLU6 unless another activation is chosen', () => {
    const kinds = (model: ReturnType<typeof models.mobileNetV2>): Set<string> =>
      new Set([...model.modules()].map((module) => module.constructor.name).filter((name) => /ReLU|SiLU/.test(name)))
    expect(kinds(models.mobileNetV2({ numClasses: 2 }))).toEqual(new Set(['ReLU6']))
    expect(kinds(models.mobileNetV2({ numClasses: 2, activation: 'silu' }))).toEqual(new Set(['SiLU']))
  })
})
