import { describe, expect, it } from 'vitest'
import { memory, models, noGrad, randn } from '../../lib/index.ts'
import { normNames, outputShape, parameterCount, shapesOf } from './zoo.ts'

/** Names of a convolution and its norm in torchvision's sequences. */
const pair = (prefix: string, at: number): string[] => [`${prefix}.${at}.weight`, ...normNames(`${prefix}.${at + 1}`)]

describe('shuffleNetV2', () => {
  it("has torchvision's state and 2,278,604 parameters", () => {
    const model = models.shuffleNetV2()
    const shapes = shapesOf(model)
    const units = [4, 8, 4].flatMap((count, stage) =>
      Array.from({ length: count }, (_, i) => {
        const unit = `stage${stage + 2}.${i}`
        const first = i === 0 ? [...pair(`${unit}.branch1`, 0), ...pair(`${unit}.branch1`, 2)] : []
        return [...first, ...[0, 3, 5].flatMap((at) => pair(`${unit}.branch2`, at))]
      }).flat(),
    )
    expect(Object.keys(shapes)).toEqual([...pair('conv1', 0), ...units, ...pair('conv5', 0), 'fc.weight', 'fc.bias'])
    expect(shapes).toMatchObject({
      'conv1.0.weight': [24, 3, 3, 3],
      'stage2.0.branch1.0.weight': [24, 1, 3, 3],
      'stage2.0.branch1.2.weight': [58, 24, 1, 1],
      'stage2.0.branch2.0.weight': [58, 24, 1, 1],
      'stage2.1.branch2.3.weight': [58, 1, 3, 3],
      'stage4.3.branch2.5.weight': [232, 232, 1, 1],
      'conv5.0.weight': [1024, 464, 1, 1],
      'fc.weight': [1000, 1024],
    })
    expect(parameterCount(model)).toBe(2_278_604)
  })

  it('takes images of any size, and leaves nothing behind but the logits', () => {
    const model = models.shuffleNetV2({ inChannels: 1, numClasses: 6 })
    expect(outputShape(model, [2, 1, 33, 50])).toEqual([2, 6])
    const input = randn([1, 1, 32, 32])
    const before = memory().storages
    const logits = noGrad(() => model.forward(input))
    expect([memory().storages - before, logits.shape]).toEqual([1, [1, 6]])
  })

  it('computes with the cifar stem on 4 times larger planes', () => {
    const sizes = (stem: 'imagenet' | 'cifar'): number[] => {
      const model = models.shuffleNetV2({ stem })
      const seen: number[] = []
      model.conv5.registerForwardHook((_, __, output) => {
        seen.push(...output.shape)
        return undefined
      })
      outputShape(model, [1, 3, 32, 32])
      return seen
    }
    expect([sizes('imagenet'), sizes('cifar')]).toEqual([
      [1, 1024, 1, 1],
      [1, 1024, 4, 4],
    ])
  })
})
