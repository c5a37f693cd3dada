import { describe, expect, it } from 'vitest'
import { manualSeed, nn, noGrad, randn, type Tensor } from '../../lib/index.ts'
import { withFusion } from '../../lib/ops/fusion.ts'
import { watchKernels } from '../support/watch_kernels.ts'

/** Output and gradients of a stack, and how often each forward kernel was called. */
function run(make: () => nn.Module, shape: number[], fused: boolean): { numbers: number[][]; calls: string[] } {
  manualSeed(3)
  const model = make()
  const input = randn(shape, { requiresGrad: true })
  const watched = ['conv2dForward', 'conv3dForward', 'reluForward', 'reluBitsForward', 'maxPoolForward'] as const
  const outputs: Tensor[] = []
  const calls = watchKernels(watched, () => outputs.push(withFusion(fused, () => model.forward(input) as Tensor)))
  const [output] = outputs
  output.backward(randn([...output.shape]))
  const tensors = [output, input.grad as Tensor, ...[...model.parameters()].map(({ grad }) => grad as Tensor)]
  return { numbers: tensors.map((one) => [...one.toTypedArray()].map(Number)), calls }
}

const stacks: Record<string, [() => nn.Module, number[], string[]]> = {
  'a convolution': [
    () => new nn.Sequential(new nn.Conv2d(3, 8, 3, { padding: 1 }), new nn.ReLU()),
    [2, 3, 9, 7],
    ['conv2dForward+relu'],
  ],
  'tiles of Winograd': [
    () => new nn.Sequential(new nn.Conv2d(16, 24, 3, { padding: 1 }), new nn.ReLU()),
    [2, 16, 12, 12],
    ['conv2dForward+relu'],
  ],
  'a depthwise one without bias': [
    () => new nn.Sequential(new nn.Conv2d(16, 16, 3, { groups: 16, bias: false }), new nn.ReLU()),
    [2, 16, 8, 8],
    ['conv2dForward+relu'],
  ],
  'three dimensions': [
    () => new nn.Sequential(new nn.Conv3d(2, 5, 2), new nn.ReLU()),
    [2, 2, 4, 5, 4],
    ['conv3dForward+relu'],
  ],
  'one dimension, without a batch': [
    () => new nn.Sequential(new nn.Conv1d(2, 5, 3), new nn.ReLU()),
    [2, 11],
    ['conv2dForward+relu'],
  ],
  'a lazy one': [() => new nn.Sequential(new nn.LazyConv2d(5, 3), new nn.ReLU()), [2, 2, 6, 6], ['conv2dForward+relu']],
  'a border that is no zeros': [
    () => new nn.Sequential(new nn.Conv2d(2, 5, 3, { padding: 1, paddingMode: 'reflect' }), new nn.ReLU()),
    [2, 2, 6, 6],
    ['conv2dForward+relu'],
  ],
  'before a pooling, which rectifies itself': [
    () => new nn.Sequential(new nn.Conv2d(3, 8, 3), new nn.ReLU(), new nn.MaxPool2d(2)),
    [2, 3, 8, 8],
    ['conv2dForward', 'maxPoolForward+relu'],
  ],
}

describe('a convolution and the ReLU behind it', () => {
  for (const [name, [make, shape, calls]] of Object.entries(stacks)) {
    it(`are one op: ${name}`, () => {
      const fused = run(make, shape, true)
      const apart = run(make, shape, false)
      expect(fused.calls).toEqual(calls)
      expect(apart.calls.some((call) => call.endsWith('+relu'))).toBe(false)
      // The rectification is exact, so that the two forms agree to the bit.
      expect(fused.numbers).toEqual(apart.numbers)
    })
  }

  it('stay two where a hook wants to see between them', () => {
    const conv = new nn.Conv2d(3, 4, 3)
    const model = new nn.Sequential(conv, new nn.ReLU())
    let seen = 0
    conv.registerForwardHook((_module, _input, output) => {
      seen = noGrad(() => Number((output as Tensor).min().item()))
    })
    model.forward(randn([1, 3, 6, 6]))
    expect(seen).toBeLessThan(0)
  })

  it('keep a NaN', () => {
    const model = new nn.Sequential(new nn.Conv2d(1, 1, 1), new nn.ReLU())
    const input = randn([1, 1, 2, 2]).mul(Number.NaN)
    expect([...model.forward(input).toTypedArray()]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN])
  })
})
