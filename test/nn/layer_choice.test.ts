import { describe, expect, it } from 'vitest'
import { manualSeed, models, nn, RangeError } from '../../lib/index.ts'
import { expectStepToHelp } from '../models/zoo.ts'
import { throws } from '../util/throws.ts'

const norms = ['batch', 'group', 'layer', 'instance'] as const
const kindsOf = (model: nn.Module): Set<string> =>
  new Set([...model.modules()].map((module) => String(module)).filter((text) => /^\w+Norm(\d[a-z])?\(/.test(text)))

describe('the choice of a normalization', () => {
  it('makes layers that scale and shift each channel', () => {
    const block = (normLayer: (typeof norms)[number], channels: number): string =>
      String(new nn.Conv2dNormActivation(3, channels, 1, { normLayer }).at(1))
    expect(norms.map((norm) => block(norm, 64))).toEqual([
      'BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)',
      'GroupNorm(32, 64, eps=1e-05, affine=True)',
      'GroupNorm(1, 64, eps=1e-05, affine=True)',
      'InstanceNorm2d(64, eps=1e-05, momentum=0.1, affine=True, track_running_stats=False)',
    ])
  })

  it('takes the most groups that leave none with a single channel', () => {
    const groups = [1, 2, 5, 6, 16, 24, 58, 96, 512].map((channels) => {
      const norm = new nn.Conv2dNormActivation(3, channels, 1, { normLayer: 'group' }).at(1)
      return (norm as nn.GroupNorm).numGroups
    })
    expect(groups).toEqual([1, 1, 1, 3, 8, 12, 29, 32, 32])
  })

  it('normalises rows behind linear layers', () => {
    expect(kindsOf(models.mlp({ normLayer: 'batch', imageSize: 4 })).size).toBe(2)
    for (const normLayer of ['group', 'layer', 'instance'] as const) {
      expect(kindsOf(models.mlp({ normLayer, imageSize: 4 }))).toEqual(
        new Set([128, 64].map((size) => `LayerNorm((${size},), eps=1e-05, elementwise_affine=True)`)),
      )
    }
  })

  for (const normLayer of norms) {
    for (const normOrder of ['beforeActivation', 'afterActivation'] as const) {
      it(`trains with ${normLayer} norm ${normOrder === 'beforeActivation' ? 'before' : 'after'} GELU`, () => {
        manualSeed(4)
        const options = {
          normLayer,
          normOrder,
          activation: 'gelu',
          inChannels: 2,
          numClasses: 4,
          imageSize: 16,
        } as const
        expectStepToHelp(models.bnLeNetResBlock(options), [2, 16, 16])
      })
    }
  }

  it('reaches every block of every model', () => {
    for (const create of [models.resNet18, models.mobileNetV2, models.shuffleNetV2]) {
      const kinds = kindsOf(create({ normLayer: 'group', numClasses: 2 }))
      expect([...kinds].every((text) => text.startsWith('GroupNorm('))).toBe(true)
      expect(kinds.size).toBeGreaterThan(3)
    }
  })

  it('refuses names that are none', () => {
    throws(
      () => models.bnLeNet({ normLayer: 'spectral' as 'batch' }),
      RangeError,
      'bnLeNet: expected normLayer to be one of "batch", "group", "layer", "instance", got "spectral"',
    )
    throws(
      () => models.mlp({ normLayer: 'spectral' as 'batch' }),
      RangeError,
      'mlp: expected normLayer to be one of "batch", "group", "layer", "instance", got "spectral"',
    )
  })
})
