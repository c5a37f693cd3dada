import { describe, expect, it } from 'vitest'
import { fuse, manualSeed, models, type nn } from '../../../lib/index.ts'
import { expectOnnxToAgree, unsettle } from '../../support/onnx.ts'

type Make = (options: object) => nn.Module

/** The models of the zoo by name. */
const zoo = Object.entries(models).filter(([name]) => /^[a-z]/.test(name)) as unknown as [string, Make][]

/** Models that begin with halvings for large images unless told otherwise. */
const large = /^(resNe|seResNet|vgg|mobileNet|shuffleNet)/

describe('exportOnnx', () => {
  it.each(zoo)('writes %s as ONNX Runtime computes it, with and without batch norms folded', async (name, make) => {
    manualSeed(3)
    // Small images keep the test short; those of five poolings cannot be smaller than 32.
    const imageSize = large.test(name) && name !== 'vgg11Bn' ? 16 : 32
    const shape = [2, 3, imageSize, imageSize]
    const options = { inChannels: 3, numClasses: 10, imageSize }
    const model = make(large.test(name) ? { ...options, stem: 'cifar' } : options)
    unsettle(model, [shape])
    await expectOnnxToAgree(model, [shape], { fixed: false })
    const { model: fused, folded } = fuse(model, { inputShape: shape })
    if (folded.length > 0) await expectOnnxToAgree(fused, [shape], { fixed: false, batches: [2] })
    expect(folded.length > 0).toBe(name !== 'leNet5')
  })

  it('writes the beginning of a network for large images', async () => {
    manualSeed(4)
    const model = models.resNet18({ numClasses: 7 })
    unsettle(model, [[4, 3, 65, 70]])
    await expectOnnxToAgree(model, [[1, 3, 65, 70]])
  })
})
