import { describe, expect, it } from 'vitest'
import { manualSeed, models, nn, noGrad, RangeError, randn } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { normNames, outputShape, parameterCount, shapesOf } from './zoo.ts'

/** The names of torchvision's residual networks, in their order. */
function torchvisionNames(blocks: readonly number[], convs: number, projects: (stage: number) => boolean): string[] {
  const names = ['conv1.weight', ...normNames('bn1')]
  blocks.forEach((count, stage) => {
    for (let block = 0; block < count; block++) {
      const prefix = `layer${stage + 1}.${block}`
      for (let i = 1; i <= convs; i++) names.push(`${prefix}.conv${i}.weight`, ...normNames(`${prefix}.bn${i}`))
      if (block > 0 || !projects(stage)) continue
      names.push(`${prefix}.downsample.0.weight`, ...normNames(`${prefix}.downsample.1`))
    }
  })
  return [...names, 'fc.weight', 'fc.bias']
}

describe('resNet18', () => {
  it("has torchvision's state and 11,689,512 parameters", () => {
    const model = models.resNet18()
    const shapes = shapesOf(model)
    expect(Object.keys(shapes)).toEqual(torchvisionNames([2, 2, 2, 2], 2, (stage) => stage > 0))
    expect(Object.keys(shapes)).toHaveLength(122)
    expect(shapes).toMatchObject({
      'conv1.weight': [64, 3, 7, 7],
      'layer1.0.conv1.weight': [64, 64, 3, 3],
      'layer2.0.conv1.weight': [128, 64, 3, 3],
      'layer2.0.downsample.0.weight': [128, 64, 1, 1],
      'layer2.0.downsample.1.running_var': [128],
      'layer4.1.conv2.weight': [512, 512, 3, 3],
      'layer4.1.bn2.num_batches_tracked': [],
      'fc.weight': [1000, 512],
      'fc.bias': [1000],
    })
    expect(parameterCount(model)).toBe(11_689_512)
  })

  it("starts from torchvision's distribution", () => {
    manualSeed(1)
    const model = models.resNet18({ numClasses: 10 })
    const std = (name: string): number => Number(model.stateDict()[name].std().item())
    expect(std('layer2.0.conv1.weight')).toBeCloseTo(Math.sqrt(2 / (128 * 9)), 3)
    expect(std('layer4.1.conv2.weight')).toBeCloseTo(Math.sqrt(2 / (512 * 9)), 3)
    // Linear layers start evenly from ±1 / √512.
    expect(std('fc.weight')).toBeCloseTo(1 / Math.sqrt(3 * 512), 3)
  })

  it('makes large images 32 times smaller, and with the cifar stem 8 times', () => {
    const sizes = (model: models.ResNet, input: number[]): number[][] => {
      const seen: number[][] = []
      for (const module of [model.conv1, model.maxpool, model.layer1, model.layer4]) {
        module.registerForwardHook((_, __, output) => {
          seen.push([...output.shape])
          return undefined
        })
      }
      noGrad(() => model.eval().forward(randn(input)))
      return seen
    }
    const large = [16, 8, 8, 1].map((size, i) => [1, [64, 64, 64, 512][i], size, size])
    expect(sizes(models.resNet18({ numClasses: 10 }), [1, 3, 32, 32])).toEqual(large)
    const small = [32, 32, 32, 4].map((size, i) => [1, [64, 64, 64, 512][i], size, size])
    expect(sizes(models.resNet18({ numClasses: 10, stem: 'cifar' }), [1, 3, 32, 32])).toEqual(small)
    expect(shapesOf(models.resNet18({ inChannels: 1, stem: 'cifar' }))['conv1.weight']).toEqual([64, 1, 3, 3])
  })

  it('takes a state dict back and computes the same with it', () => {
    manualSeed(2)
    const [first, second] = [0, 1].map(() => models.resNet18({ numClasses: 5, stem: 'cifar' }))
    const input = randn([3, 3, 16, 16])
    const logits = (model: nn.Module) => noGrad(() => model.eval().forward(input))
    // Running statistics of its own.
    noGrad(() => first.forward(input))
    expect(logits(second).equal(logits(first))).toBe(false)
    expect(second.loadStateDict(first.stateDict())).toEqual({ missing: [], unexpected: [] })
    expect(logits(second).equal(logits(first))).toBe(true)
  })

  it('takes other layers, in the other order', () => {
    const model = models.resNet18({ numClasses: 3, normOrder: 'afterActivation', activation: () => new Halve() })
    const kinds = [...model.modules()].map((module) => module.constructor.name)
    expect([kinds.includes('ReLU'), kinds.includes('Halve')]).toEqual([false, true])
    expect(outputShape(model, [1, 3, 32, 32])).toEqual([1, 3])
    const bare = models.resNet18({ numClasses: 3, normLayer: () => new nn.Identity() })
    expect(Object.keys(bare.stateDict()).filter((name) => !name.includes('conv'))).toEqual([
      ...['2', '3', '4'].map((stage) => `layer${stage}.0.downsample.0.weight`),
      ...['fc.weight', 'fc.bias'],
    ])
  })

  it('refuses options that it does not have', () => {
    throws(
      () => models.resNet18({ classes: 3 } as object),
      RangeError,
      'resNet18: expected options inChannels, numClasses, imageSize, normLayer, activation, normOrder, stem, got "classes"',
    )
    throws(
      () => models.resNet18({ stem: 'mnist' as 'cifar' }),
      RangeError,
      'resNet18: expected stem to be one of "imagenet", "cifar", got "mnist"',
    )
  })
})

class Halve extends nn.Module {
  override forward(input: Parameters<nn.ReLU['forward']>[0]) {
    return input.mul(0.5)
  }
}

describe('the deeper ones', () => {
  it("have torchvision's state and numbers of parameters", () => {
    const basic = models.resNet34()
    expect(Object.keys(shapesOf(basic))).toEqual(torchvisionNames([3, 4, 6, 3], 2, (stage) => stage > 0))
    expect(parameterCount(basic)).toBe(21_797_672)
    const bottleneck = models.resNet50()
    const names = torchvisionNames([3, 4, 6, 3], 3, () => true)
    expect(Object.keys(shapesOf(bottleneck))).toEqual(names)
    expect(names).toHaveLength(320)
    expect(parameterCount(bottleneck)).toBe(25_557_032)
    expect(shapesOf(bottleneck)).toMatchObject({
      'layer1.0.conv1.weight': [64, 64, 1, 1],
      'layer1.0.conv3.weight': [256, 64, 1, 1],
      'layer1.0.downsample.0.weight': [256, 64, 1, 1],
      'layer2.0.conv2.weight': [128, 128, 3, 3],
      'fc.weight': [1000, 2048],
    })
    const grouped = models.resNeXt50_32x4d()
    expect(Object.keys(shapesOf(grouped))).toEqual(names)
    expect(parameterCount(grouped)).toBe(25_028_904)
    expect(shapesOf(grouped)).toMatchObject({
      'layer1.0.conv1.weight': [128, 64, 1, 1],
      'layer1.0.conv2.weight': [128, 4, 3, 3],
      'layer4.2.conv2.weight': [1024, 32, 3, 3],
    })
  })
})

describe('seResNet18', () => {
  it('is resNet18 with a squeeze and excitation in every block', () => {
    const model = models.seResNet18()
    const shapes = shapesOf(model)
    const names = Object.keys(shapes)
    expect(names.filter((name) => !name.includes('.se.'))).toEqual(
      torchvisionNames([2, 2, 2, 2], 2, (stage) => stage > 0),
    )
    expect(names.filter((name) => name.includes('.se.'))).toHaveLength(8 * 4)
    expect(shapes).toMatchObject({
      'layer1.0.se.fc1.weight': [4, 64, 1, 1],
      'layer4.1.se.fc2.weight': [512, 32, 1, 1],
      'layer4.1.se.fc2.bias': [512],
    })
    expect(parameterCount(model)).toBe(11_778_592)
  })
})
