import { describe, expect, it } from 'vitest'
import { functional as F, memory, nn, noGrad, RangeError, randn, type Tensor } from '../../lib/index.ts'
import { checkGrads } from '../ops/check_grads.ts'
import { throws } from '../util/throws.ts'

describe('SqueezeExcitation', () => {
  it('weighs channels by what it computes from their means', () => {
    const layer = new nn.SqueezeExcitation(6, 2, { activation: 'tanh', scaleActivation: 'hardsigmoid' })
    const input = randn([3, 6, 4, 5])
    const { fc1, fc2 } = layer as unknown as { fc1: nn.Conv2d; fc2: nn.Conv2d }
    const rows = (conv: nn.Conv2d, means: Tensor): Tensor => F.linear(means, conv.weight.flatten(1), conv.bias)
    const means = input.mean([2, 3])
    const scale = F.hardsigmoid(rows(fc2, F.tanh(rows(fc1, means))))
    const expected = input.mul(scale.reshape([3, 6, 1, 1]))
    expect(layer.forward(input).allclose(expected, { rtol: 1e-5, atol: 1e-6 })).toBe(true)
    expect(Object.keys(layer.stateDict())).toEqual(['fc1.weight', 'fc1.bias', 'fc2.weight', 'fc2.bias'])
    expect(new nn.SqueezeExcitation(6, 2).children().map(({ constructor }) => constructor.name)).toEqual([
      ...['AdaptiveAvgPool2d', 'Conv2d', 'Conv2d', 'ReLU', 'Sigmoid'],
    ])
  })

  it('passes gradients, and leaves nothing behind but its output', () => {
    const layer = new nn.SqueezeExcitation(3, 2, { activation: 'softplus' })
    checkGrads((input) => layer.forward(input), [randn([2, 3, 2, 2], { requiresGrad: true })])
    const input = randn([2, 3, 4, 4])
    const before = memory().storages
    const output = noGrad(() => layer.forward(input))
    expect([memory().storages - before, output.shape]).toEqual([1, [2, 3, 4, 4]])
  })

  it('refuses channels that are none', () => {
    throws(
      () => new nn.SqueezeExcitation(8, 0.5),
      RangeError,
      'SqueezeExcitation: expected squeezeChannels to be an integer of at least 1, got 0.5',
    )
    throws(
      () => new nn.SqueezeExcitation(8, 2, { activation: 'swish' as 'silu' }),
      RangeError,
      'SqueezeExcitation: expected activation to be one of "relu", "relu6", "leakyRelu", "elu", "selu", "celu", "silu", ' +
        '"gelu", "mish", "sigmoid", "tanh", "softplus", "softsign", "hardsigmoid", "hardswish", got "swish"',
    )
  })
})

describe('a residual block with squeeze and excitation', () => {
  it('weighs the branch before the sum', () => {
    const block = new nn.ResidualBlock(4, 4, { squeezeChannels: 2 }).eval()
    const input = randn([2, 4, 3, 3])
    const { conv1, bn1, activation, conv2, bn2, se } = block
    const branch = [conv1, bn1, activation, conv2, bn2, se as nn.Module]
    const expected = F.relu(branch.reduce((current, module) => module.forward(current), input).add(input))
    expect(block.forward(input).equal(expected)).toBe(true)
    const after = new nn.ResidualBlock(4, 4, { squeezeChannels: 2, normOrder: 'afterActivation' }).eval()
    const inner = [after.conv1, after.activation, after.bn1, after.conv2, after.se as nn.Module]
    const sum = inner.reduce((current, module) => module.forward(current), input).add(input)
    expect(after.forward(input).equal(after.bn2.forward(F.relu(sum)))).toBe(true)
    expect(Object.keys(block.stateDict()).filter((name) => name.startsWith('se.'))).toHaveLength(4)
  })
})
