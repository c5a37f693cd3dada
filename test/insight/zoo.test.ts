import { describe, expect, it } from 'vitest'
import { lint, models, nn, optim, summary } from '../../lib/index.ts'

type Make = () => nn.Module

/** The models of the zoo by name. */
const zoo = Object.entries(models).filter(([name]) => /^[a-z]/.test(name)) as unknown as [string, Make][]

/** Parameters and billions of multiply-accumulates, from torchvision's documentation; MobileNet's from its paper. */
const known: Record<string, [parameters: number, gigaMacs: number]> = {
  resNet18: [11_689_512, 1.814],
  resNet34: [21_797_672, 3.664],
  resNet50: [25_557_032, 4.089],
  resNeXt50_32x4d: [25_028_904, 4.23],
  vgg11Bn: [132_868_840, 7.609],
  mobileNetV1: [4_231_976, 0.569],
  mobileNetV2: [3_504_872, 0.301],
  shuffleNetV2: [2_278_604, 0.145],
}

/** The images that a model takes by default: those of digits with one channel, else those of ImageNet. */
function imagesOf(name: string, model: nn.Module, batch: number): number[] {
  const first = [...model.modules()].find((module): module is nn.Conv2d => module instanceof nn.Conv2d)
  return name === 'mlp' || first?.inChannels === 1 ? [batch, 1, 28, 28] : [batch, 3, 224, 224]
}

describe('the zoo', () => {
  it.each(zoo)('%s costs what is known of it, and lint finds nothing', (name, make) => {
    const model = make()
    const { totals } = summary(model, imagesOf(name, model, 1))
    const figures = [totals.parameters, Number((totals.forwardMacs / 1e9).toFixed(3))]
    expect(figures).toEqual(known[name] ?? figures)
    const params = optim.decayGroups(model, { weightDecay: 5e-4 })
    const optimizer = new optim.SGD(params, { lr: 0.1, momentum: 0.9 })
    for (const batch of [1, 2]) {
      const options = { optimizer, batchSize: 32, inputShape: imagesOf(name, model, batch) }
      expect(lint(model, options).map(String)).toEqual([])
    }
  })

  it('has ResNet-18 as it is known', () => {
    const { totals } = summary(models.resNet18(), [1, 3, 224, 224])
    expect([totals.parameters, totals.forwardMacs]).toEqual([11_689_512, 1_814_073_344])
  })
})
