import { describe, expect, it } from 'vitest'
import {
  DTypeError,
  functional as F,
  manualSeed,
  memory,
  nn,
  noGrad,
  RangeError,
  randn,
  type Tensor,
} from '../../lib/index.ts'
import { checkGrads } from '../ops/check_grads.ts'
import { throws } from '../util/throws.ts'

const names = (module: nn.Module) => Object.keys(module.stateDict()).filter((name) => name.endsWith('weight'))

/** The affine map of a batch norm in evaluation. */
const norm = (input: Tensor, layer: nn.Module) => {
  const { runningMean, runningVar, weight, bias } = layer as nn.BatchNorm2d
  return F.batchNorm(input, runningMean, runningVar, { weight, bias })
}
const conv = (input: Tensor, layer: nn.Module, options: object = {}) =>
  F.conv2d(input, (layer as nn.Conv2d).weight, null, options)

/** Running statistics and affine parameters that are not those at the start. */
function shake(module: nn.Module): void {
  module.apply((layer) => {
    if (!(layer instanceof nn.BatchNorm2d)) return
    for (const tensor of [layer.runningVar, layer.weight]) nn.init.uniform(tensor as Tensor, { a: 0.5, b: 2 })
    for (const tensor of [layer.runningMean, layer.bias]) nn.init.uniform(tensor as Tensor, { a: -1, b: 1 })
  })
  module.eval()
}

describe('ResidualBlock', () => {
  it('adds its input to what two convolutions make of it', () => {
    const block = new nn.ResidualBlock(5, 5)
    shake(block)
    const input = randn([2, 5, 6, 7])
    const inner = F.relu(norm(conv(input, block.conv1, { padding: 1 }), block.bn1))
    const expected = F.relu(norm(conv(inner, block.conv2, { padding: 1 }), block.bn2).add(input))
    expect(names(block)).toEqual(['conv1.weight', 'bn1.weight', 'conv2.weight', 'bn2.weight'])
    expect(block.forward(input).allclose(expected, { rtol: 1e-5, atol: 1e-5 })).toBe(true)
  })

  it('projects its input where the shape changes', () => {
    const block = new nn.ResidualBlock(3, 4, { stride: 2, kernelSize: 5 })
    shake(block)
    const input = randn([2, 3, 7, 6])
    const [projection, projectionNorm] = (block.downsample as nn.Sequential).children()
    const inner = F.relu(norm(conv(input, block.conv1, { padding: 2, stride: 2 }), block.bn1))
    const skip = norm(conv(input, projection, { stride: 2 }), projectionNorm)
    const expected = F.relu(norm(conv(inner, block.conv2, { padding: 2 }), block.bn2).add(skip))
    const output = block.forward(input)
    expect(output.shape).toEqual([2, 4, 4, 3])
    expect(output.allclose(expected, { rtol: 1e-5, atol: 1e-5 })).toBe(true)
    expect(names(block).slice(-2)).toEqual(['downsample.0.weight', 'downsample.1.weight'])
    expect(new nn.ResidualBlock(3, 4).downsample).not.toBeNull()
    expect(new nn.ResidualBlock(4, 4, { stride: 2 }).downsample).not.toBeNull()
  })

  it('can normalise behind the activation', () => {
    const block = new nn.ResidualBlock(2, 2, { normOrder: 'afterActivation' })
    shake(block)
    const input = randn([2, 2, 5, 5])
    const inner = norm(F.relu(conv(input, block.conv1, { padding: 1 })), block.bn1)
    const expected = norm(F.relu(conv(inner, block.conv2, { padding: 1 }).add(input)), block.bn2)
    expect(block.forward(input).allclose(expected, { rtol: 1e-5, atol: 1e-5 })).toBe(true)
  })

  it('passes gradients along both ways', () => {
    manualSeed(3)
    for (const normOrder of ['beforeActivation', 'afterActivation'] as const) {
      // Without kinks, so that differences of a finite width say the same.
      const block = new nn.ResidualBlock(2, 3, { normOrder, activation: () => new Bend() })
      const layers = [block.conv1, block.bn2, ...(block.downsample as nn.Module).children()] as nn.Conv2d[]
      // Norms undo the scale of weights; larger ones make the differences' width small beside them.
      for (const { weight } of layers) nn.init.normal(weight)
      const forward = (input: Tensor, ...weights: Tensor[]): Tensor => {
        layers.forEach((layer, i) => {
          layer.weight = weights[i] as nn.Parameter
        })
        return block.forward(input)
      }
      const weights = layers.map(({ weight }) => weight)
      checkGrads(forward, [randn([2, 2, 3, 3], { requiresGrad: true }), ...weights], 1e-2)
    }
  })

  it('leaves nothing behind but its output, unless somebody may hold what is inside', () => {
    const input = randn([2, 4, 5, 5])
    const left = (block: nn.Module): number => {
      const before = memory().storages
      const output = noGrad(() => block.forward(input))
      const made = memory().storages - before
      output.dispose()
      return made
    }
    for (const normOrder of ['beforeActivation', 'afterActivation'] as const) {
      expect(left(new nn.ResidualBlock(4, 4, { normOrder }))).toBe(1)
      expect(left(new nn.ResidualBlock(4, 6, { normOrder }))).toBe(1)
    }
    const watched = new nn.ResidualBlock(4, 6)
    const seen: Tensor[] = []
    for (const layer of [watched.conv2, watched.bn2, watched.downsample as nn.Module]) {
      layer.registerForwardHook((_, __, output) => {
        seen.push(output)
        return undefined
      })
    }
    noGrad(() => watched.forward(input))
    expect(seen.map((tensor) => tensor.disposed)).toEqual([false, false, false])
  })

  it('refuses what it cannot be made of', () => {
    throws(
      () => new nn.ResidualBlock(2, 2, { kernelSize: 4 }),
      RangeError,
      'ResidualBlock: expected kernelSize to be odd, so that the size stays, got 4',
    )
    throws(
      () => new nn.ResidualBlock(2, 2, { stride: 0 }),
      RangeError,
      'ResidualBlock: expected stride to be an integer of at least 1, got 0',
    )
    throws(
      () => new nn.ResidualBlock(2, 2, { normOrder: 'both' as 'afterActivation' }),
      RangeError,
      'ResidualBlock: expected normOrder to be one of "beforeActivation", "afterActivation", got "both"',
    )
    throws(
      () => new nn.ResidualBlock(2, 2, { activation: (() => 1) as unknown as () => nn.Module }),
      DTypeError,
      'ResidualBlock: expected activation to return a module, got 1',
    )
    throws(
      () => new nn.ResidualBlock(2, 2, { normLayer: (() => null) as unknown as () => nn.Module }),
      DTypeError,
      'ResidualBlock: expected normLayer to return a module, got null',
    )
  })
})

class Bend extends nn.Module {
  override forward(input: Tensor): Tensor {
    return input.add(input.square().mul(0.1))
  }
}

describe('BottleneckBlock', () => {
  it('adds its projected input to what three convolutions make of it', () => {
    const block = new nn.BottleneckBlock(6, 8, { stride: 2, groups: 2, widthPerGroup: 32 })
    shake(block)
    const input = randn([2, 6, 5, 4])
    const [projection, projectionNorm] = (block.downsample as nn.Sequential).children()
    const first = F.relu(norm(conv(input, block.conv1), block.bn1))
    const second = F.relu(norm(conv(first, block.conv2, { padding: 1, stride: 2, groups: 2 }), block.bn2))
    const skip = norm(conv(input, projection, { stride: 2 }), projectionNorm)
    const expected = F.relu(norm(conv(second, block.conv3), block.bn3).add(skip))
    const output = block.forward(input)
    expect(output.shape).toEqual([2, 32, 3, 2])
    expect((block.conv2 as nn.Conv2d).weight.shape).toEqual([8, 4, 3, 3])
    expect(output.allclose(expected, { rtol: 1e-5, atol: 1e-5 })).toBe(true)
  })

  it('keeps its input as it is where the shape stays', () => {
    expect(new nn.BottleneckBlock(32, 8).downsample).toBeNull()
    expect(names(new nn.BottleneckBlock(32, 8, { normOrder: 'afterActivation' }))).toEqual(
      [1, 2, 3].flatMap((i) => [`conv${i}.weight`, `bn${i}.weight`]),
    )
    throws(
      () => new nn.BottleneckBlock(8, 8, { widthPerGroup: 0 }),
      RangeError,
      'BottleneckBlock: expected widthPerGroup to be an integer of at least 1, got 0',
    )
  })
})

describe('Conv2dNormActivation', () => {
  it('is a convolution without bias that keeps the size, its norm and its activation', () => {
    const block = new nn.Conv2dNormActivation(2, 4, [3, 5], { dilation: 2 })
    expect(block.children().map((module) => module.constructor.name)).toEqual(['Conv2d', 'BatchNorm2d', 'ReLU'])
    expect(Object.keys(block.stateDict())[0]).toBe('0.weight')
    expect(block.forward(randn([2, 2, 9, 12])).shape).toEqual([2, 4, 9, 12])
    expect(new nn.Conv2dNormActivation(2, 4, 3, { activation: null, bias: true }).length).toBe(2)
    const swapped = new nn.Conv2dNormActivation(2, 4, 3, { normOrder: 'afterActivation', stride: 2, padding: 0 })
    expect(swapped.children().map((module) => module.constructor.name)).toEqual(['Conv2d', 'ReLU', 'BatchNorm2d'])
    expect(swapped.forward(randn([2, 2, 7, 7])).shape).toEqual([2, 4, 3, 3])
  })
})
