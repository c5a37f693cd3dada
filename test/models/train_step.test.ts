import { describe, it } from 'vitest'
import { manualSeed, models } from '../../lib/index.ts'
import { expectStepToHelp } from './zoo.ts'

const small = { inChannels: 2, numClasses: 4, imageSize: 16 }
const stem = { ...small, stem: 'cifar' } as const

const zoo = {
  mlp: () => models.mlp(small),
  leNet5: () => models.leNet5(small),
  cnnWithDropout: () => models.cnnWithDropout(small),
  bnLeNet: () => models.bnLeNet(small),
  bnResLeNet: () => models.bnResLeNet(small),
  bnLeNetResBlock: () => models.bnLeNetResBlock(small),
  mobileNetV1: () => models.mobileNetV1(stem),
  mobileNetV2: () => models.mobileNetV2(stem),
  resNet18: () => models.resNet18(stem),
  resNet34: () => models.resNet34(stem),
  resNet50: () => models.resNet50(stem),
  shuffleNetV2: () => models.shuffleNetV2(stem),
  seResNet18: () => models.seResNet18(stem),
  resNeXt50_32x4d: () => models.resNeXt50_32x4d(stem),
}

describe('one step on a fixed batch lowers its loss', () => {
  for (const [name, create] of Object.entries(zoo)) {
    it(`of ${name}, with a finite gradient for every parameter`, () => {
      manualSeed(5)
      expectStepToHelp(create(), [2, 16, 16])
    })
  }

  it('of vgg11Bn, whose poolings need larger images', () => {
    manualSeed(5)
    expectStepToHelp(models.vgg11Bn({ ...stem, imageSize: 32 }), [2, 32, 32])
  })
})
