import { describe, expect, it } from 'vitest'
import { functional as F, manualSeed, memory, nn, noGrad, optim, randint, randn, type Tensor } from '../../lib/index.ts'
import { withFusion } from '../../lib/ops/fusion.ts'
import { watchKernels } from '../support/watch_kernels.ts'

const opOf = (output: Tensor): string | undefined => (output.gradNode as { name: string } | null)?.name

function makePair(): [nn.Sequential, nn.BatchNorm2d, nn.ReLU] {
  const [norm, relu] = [new nn.BatchNorm2d(6), new nn.ReLU()]
  return [new nn.Sequential(new nn.Conv2d(3, 6, 3), norm, relu), norm, relu]
}

describe('Sequential', () => {
  it('runs a batch normalization and the ReLU behind it as one op', () => {
    const [model] = makePair()
    const input = randn([2, 3, 6, 6])
    expect(opOf(model.forward(input))).toBe('batchNorm')
    expect(opOf(withFusion(false, () => model.forward(input)))).toBe('relu')
    model.eval()
    const apart = withFusion(false, () => noGrad(() => model.forward(input)))
    expect(noGrad(() => model.forward(input)).toArray()).toEqual(apart.toArray())
  })

  it('runs a ReLU and the max pooling behind it as one op, unless somebody asks for indices', () => {
    const input = randn([2, 3, 6, 6], { requiresGrad: true })
    const behind = (output: Tensor): string | undefined =>
      (output.gradNode as { inputs?: { name: string }[] } | null)?.inputs?.[0].name
    const model = new nn.Sequential(new nn.ReLU(), new nn.MaxPool2d(2))
    expect(behind(model.forward(input))).toBe('accumulateGrad')
    expect(behind(withFusion(false, () => model.forward(input)))).toBe('relu')
    const indexed = new nn.Sequential(
      new nn.ReLU(),
      new nn.MaxPool2d(2, { returnIndices: true }) as unknown as nn.Module,
    )
    const [output] = indexed.forward(input) as unknown as [Tensor, Tensor]
    expect(behind(output)).toBe('relu')
  })

  it('keeps them apart while one has a hook, which sees what it would see without fusion', () => {
    const [model, norm, relu] = makePair()
    model.eval()
    const input = randn([2, 3, 6, 6])
    const expected = model.forward(input).toArray()
    const seen: Tensor[] = []
    const handles = [
      norm.registerForwardHook((_module, _inputs, output) => void seen.push(output)),
      relu.registerForwardPreHook((_module, inputs) => void seen.push(...inputs)),
    ]
    for (const handle of handles) {
      const output = model.forward(input)
      expect([opOf(output), output.toArray()]).toEqual(['relu', expected])
      expect(Number(seen.at(-1)?.min().item())).toBeLessThan(0)
      expect(seen.at(-1)?.relu().toArray()).toEqual(expected)
      handle.remove()
    }
    expect(opOf(model.forward(input))).toBe('batchNorm')
  })

  it('keeps a subclass with a forward of its own apart', () => {
    class Doubled extends nn.ReLU {
      override forward(input: Tensor): Tensor {
        return super.forward(input).mul(2)
      }
    }
    const norm = new nn.BatchNorm1d(4).eval()
    const input = randn([3, 4])
    const expected = F.relu(norm.forward(input)).mul(2)
    expect(new nn.Sequential(norm, new Doubled()).forward(input).toArray()).toEqual(expected.toArray())
  })

  it('leaves no memory behind', () => {
    const [model] = makePair()
    const input = randn([2, 3, 6, 6])
    const step = (): number => {
      const output = model.forward(input)
      const loss = output.sum()
      loss.backward()
      for (const tensor of [output, loss]) tensor.dispose()
      model.zeroGrad()
      return memory().live
    }
    step()
    expect(step()).toBe(step())
  })
})

/** Parameters and statistics after a few steps of training a small residual network. */
function train(): number[][] {
  manualSeed(3)
  const model = new nn.Sequential(
    ...[new nn.Conv2d(3, 8, 3, { padding: 1, bias: false }), new nn.BatchNorm2d(8), new nn.ReLU()],
    ...[new nn.ResidualBlock(8, 8), new nn.ResidualBlock(8, 16, { stride: 2 })],
    ...[new nn.GlobalAvgPool(), new nn.Flatten(), new nn.Linear(16, 4)],
  )
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
  for (let step = 0; step < 3; step++) {
    const [input, target] = [randn([4, 3, 8, 8]), randint(0, 4, [4])]
    optimizer.zeroGrad()
    F.crossEntropy(model.forward(input), target).backward()
    optimizer.step()
  }
  return Object.values(model.stateDict()).map((tensor) => [...tensor.toTypedArray()].map(Number))
}

/** Which forward kernels of convolutions and batch normalizations a model runs, and which of them with moments. */
function forwardsOf(model: nn.Module, shape: number[]): string[] {
  const input = randn(shape)
  const convs = ['conv2dForward', 'conv3dForward'] as const
  const norms = ['batchNormForward', 'batchNormEvalForward'] as const
  return watchKernels([...convs, ...norms], () => model.forward(input))
}

describe('a convolution before a batch normalization', () => {
  const both = ['conv2dForward+moments', 'batchNormForward+moments+relu']

  it('gathers its statistics, wherever the two stand side by side', () => {
    const [pair] = makePair()
    expect(forwardsOf(pair, [2, 3, 6, 6])).toEqual(both)
    expect(forwardsOf(new nn.Sequential(new nn.Conv1d(2, 4, 3), new nn.BatchNorm1d(4)), [2, 2, 8])).toEqual([
      'conv2dForward+moments',
      'batchNormForward+moments',
    ])
    expect(forwardsOf(new nn.ResidualBlock(4, 8, { stride: 2 }), [2, 4, 6, 6])).toEqual([
      ...both,
      // The shortcut runs before the sum.
      ...['conv2dForward+moments', 'batchNormForward+moments'],
      ...both,
    ])
    const untracked = new nn.Sequential(new nn.Conv2d(2, 4, 1), new nn.BatchNorm2d(4, { trackRunningStats: false }))
    expect(forwardsOf(untracked.eval(), [2, 2, 3, 3])).toEqual(['conv2dForward+moments', 'batchNormForward+moments'])
  })

  it('does not where nobody needs them or somebody looks', () => {
    const [pair, norm] = makePair()
    expect(withFusion(false, () => forwardsOf(pair, [2, 3, 6, 6]))).toEqual(['conv2dForward', 'batchNormForward'])
    const handle = norm.registerForwardHook(() => undefined)
    expect(forwardsOf(pair, [2, 3, 6, 6])).toEqual(['conv2dForward', 'batchNormForward'])
    handle.remove()
    expect(forwardsOf(pair.eval(), [2, 3, 6, 6])).toEqual(['conv2dForward', 'batchNormEvalForward+relu'])
    const volumes = new nn.Sequential(new nn.Conv3d(1, 4, 2), new nn.BatchNorm3d(4))
    expect(forwardsOf(volumes, [2, 1, 3, 3, 3])).toEqual(['conv3dForward', 'batchNormForward'])
  })

  it('refuses what the two refuse', () => {
    const [pair] = makePair()
    expect(() => pair.forward(randn([3, 6, 6]))).toThrow('BatchNorm2d: expected input [N, C, H, W], got 3 dimensions')
    expect(() => pair.forward(randn([1, 3, 3, 3]))).toThrow('batchNorm: expected more than 1 value per channel')
  })
})

describe('residual blocks', () => {
  it('normalise, add and rectify as one op', () => {
    const block = new nn.ResidualBlock(4, 4)
    expect(opOf(block.forward(randn([2, 4, 5, 5])))).toBe('batchNorm')
    block.bn2.registerForwardHook(() => undefined)
    expect(opOf(block.forward(randn([2, 4, 5, 5])))).toBe('addRelu')
  })

  it('train to the same weights with and without fusion, up to the rounding of statistics, and always to the same bits', () => {
    const [fused, apart] = [withFusion(true, train), withFusion(false, train)]
    for (const [i, numbers] of fused.entries()) {
      const largest = Math.max(...apart[i].map(Math.abs))
      numbers.forEach((number, j) => {
        expect(Math.abs(number - apart[i][j])).toBeLessThanOrEqual(2e-6 * largest)
      })
    }
    expect(withFusion(true, train)).toEqual(fused)
  })
})
