import { beforeEach, describe, it } from 'vitest'
import { cat, functional as F, manualSeed, nn, stack, type Tensor, tensor } from '../../../lib/index.ts'
import { expectOnnxToAgree, unsettle } from '../../support/onnx.ts'

beforeEach(() => {
  manualSeed(5)
})

/** A function as a module. */
class Call extends nn.Module {
  readonly #fn: (...inputs: Tensor[]) => Tensor | Tensor[]

  constructor(fn: (...inputs: Tensor[]) => Tensor | Tensor[]) {
    super()
    this.#fn = fn
  }

  override forward(...inputs: Tensor[]): Tensor {
    return this.#fn(...inputs) as Tensor
  }
}

type Case = [name: string, make: () => nn.Module, shape: number[]]

/** Tests that each layer does the same in ONNX Runtime, away from its initial state. */
function eachLayer(cases: readonly Case[]): void {
  it.each(cases)('%s', async (_, make, shape) => {
    const model = new nn.Sequential(make())
    unsettle(model, [shape])
    await expectOnnxToAgree(model, [shape])
  })
}

describe('exportOnnx: convolutions', () => {
  eachLayer([
    ['Conv1d', () => new nn.Conv1d(3, 4, 3, { stride: 2, padding: 2, dilation: 2 }), [2, 3, 17]],
    ['Conv2d', () => new nn.Conv2d(4, 6, [3, 2], { stride: [2, 1], padding: [1, 2], groups: 2 }), [2, 4, 9, 8]],
    ['Conv2d without bias', () => new nn.Conv2d(2, 3, 1, { bias: false }), [2, 2, 4, 4]],
    [
      'Conv2d of even size, same',
      () => new nn.Conv2d(2, 3, [2, 4], { padding: 'same', dilation: [3, 1] }),
      [2, 2, 7, 6],
    ],
    ['Conv2d, reflect', () => new nn.Conv2d(2, 3, 3, { padding: 2, paddingMode: 'reflect' }), [2, 2, 5, 6]],
    ['Conv2d, replicate', () => new nn.Conv2d(2, 3, 3, { padding: [1, 2], paddingMode: 'replicate' }), [2, 2, 5, 6]],
    ['Conv2d, circular', () => new nn.Conv2d(2, 3, 3, { padding: [1, 2], paddingMode: 'circular' }), [2, 2, 5, 6]],
    ['Conv1d, circular', () => new nn.Conv1d(2, 3, 3, { padding: 2, paddingMode: 'circular' }), [2, 2, 5]],
    ['Conv3d', () => new nn.Conv3d(2, 4, [1, 2, 3], { stride: [1, 2, 1], padding: [0, 1, 1] }), [2, 2, 4, 5, 6]],
    ['Conv3d, replicate', () => new nn.Conv3d(2, 2, 3, { padding: 1, paddingMode: 'replicate' }), [2, 2, 4, 5, 6]],
    ['ConvTranspose1d', () => new nn.ConvTranspose1d(3, 4, 4, { stride: 3, padding: 1, outputPadding: 2 }), [2, 3, 6]],
    [
      'ConvTranspose2d',
      () => new nn.ConvTranspose2d(4, 6, [3, 2], { stride: [2, 3], padding: [1, 0], outputPadding: [1, 2], groups: 2 }),
      [2, 4, 5, 4],
    ],
    [
      'ConvTranspose2d with an output padding of its stride',
      () => new nn.ConvTranspose2d(2, 3, 3, { stride: [1, 2], padding: 1, outputPadding: 1, dilation: 2 }),
      [2, 2, 5, 4],
    ],
    ['ConvTranspose2d, dilated', () => new nn.ConvTranspose2d(2, 3, 3, { dilation: 2, bias: false }), [2, 2, 5, 4]],
    ['ConvTranspose3d', () => new nn.ConvTranspose3d(2, 3, 2, { stride: 2 }), [2, 2, 3, 4, 2]],
    ['LocallyConnected2d', () => new nn.LocallyConnected2d(2, 3, [6, 5], 3, { padding: 1, stride: 2 }), [2, 2, 6, 5]],
    ['DepthwiseSeparableConv2d', () => new nn.DepthwiseSeparableConv2d(4, 6, 3, { padding: 1 }), [2, 4, 6, 6]],
    ['SpatiallySeparableConv2d', () => new nn.SpatiallySeparableConv2d(4, 6, 3, { padding: 1 }), [2, 4, 6, 6]],
    ['weightNorm', () => nn.weightNorm(new nn.Conv2d(2, 3, 3)), [2, 2, 5, 5]],
  ])
})

describe('exportOnnx: pooling', () => {
  eachLayer([
    ['MaxPool1d', () => new nn.MaxPool1d(3, { padding: 1 }), [2, 3, 11]],
    ['MaxPool2d', () => new nn.MaxPool2d([3, 2], { stride: [2, 1], padding: [1, 0] }), [2, 3, 9, 8]],
    ['MaxPool2d, rounded up', () => new nn.MaxPool2d(3, { stride: 2, padding: 1, ceilMode: true }), [2, 3, 8, 9]],
    [
      'MaxPool2d, dilated, rounded up',
      () => new nn.MaxPool2d(2, { dilation: 3, stride: 2, ceilMode: true }),
      [2, 3, 9, 8],
    ],
    ['MaxPool3d', () => new nn.MaxPool3d(2, { ceilMode: true }), [2, 3, 5, 4, 3]],
    ['AvgPool1d', () => new nn.AvgPool1d(3, { stride: 2, padding: 1 }), [2, 3, 10]],
    ['AvgPool2d, rounded up', () => new nn.AvgPool2d(3, { stride: 2, padding: 1, ceilMode: true }), [2, 3, 8, 7]],
    [
      'AvgPool2d without padding in the divisor',
      () => new nn.AvgPool2d(3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }),
      [2, 3, 8, 7],
    ],
    ['AvgPool2d with a divisor', () => new nn.AvgPool2d(2, { divisorOverride: 3, ceilMode: true }), [2, 3, 5, 5]],
    ['AvgPool3d', () => new nn.AvgPool3d([1, 2, 2], { padding: [0, 1, 1] }), [2, 3, 3, 4, 5]],
    ['AdaptiveAvgPool1d of parts', () => new nn.AdaptiveAvgPool1d(3), [2, 3, 9]],
    ['AdaptiveAvgPool2d of 1', () => new nn.AdaptiveAvgPool2d(1), [2, 3, 5, 7]],
    ['AdaptiveAvgPool2d of unequal windows', () => new nn.AdaptiveAvgPool2d([3, 4]), [2, 3, 7, 5]],
    ['AdaptiveAvgPool2d that makes larger', () => new nn.AdaptiveAvgPool2d(7), [2, 3, 2, 2]],
    ['AdaptiveAvgPool3d', () => new nn.AdaptiveAvgPool3d([1, null, 2]), [2, 3, 4, 5, 3]],
    ['AdaptiveAvgPool2d of the same size', () => new nn.AdaptiveAvgPool2d([null, 4]), [2, 3, 3, 4]],
    ['AdaptiveMaxPool1d of unequal windows', () => new nn.AdaptiveMaxPool1d(4), [2, 3, 7]],
    ['AdaptiveMaxPool2d of parts', () => new nn.AdaptiveMaxPool2d(2), [2, 3, 4, 6]],
    ['AdaptiveMaxPool3d', () => new nn.AdaptiveMaxPool3d(1), [2, 3, 4, 5, 3]],
    ['GlobalAvgPool', () => new nn.GlobalAvgPool(), [2, 3, 5, 4]],
    ['GlobalMaxPool', () => new nn.GlobalMaxPool(), [2, 3, 9]],
  ])
})

describe('exportOnnx: normalization', () => {
  eachLayer([
    ['BatchNorm1d of rows', () => new nn.BatchNorm1d(5), [4, 5]],
    ['BatchNorm1d', () => new nn.BatchNorm1d(5, { affine: false }), [4, 5, 3]],
    ['BatchNorm2d', () => new nn.BatchNorm2d(3, { eps: 0.1 }), [4, 3, 2, 2]],
    ['BatchNorm2d of the batch', () => new nn.BatchNorm2d(3, { trackRunningStats: false }), [4, 3, 2, 2]],
    ['BatchNorm3d', () => new nn.BatchNorm3d(3), [4, 3, 2, 2, 2]],
    ['BatchRenorm2d', () => new nn.BatchRenorm2d(3), [4, 3, 2, 2]],
    ['InstanceNorm1d', () => new nn.InstanceNorm1d(3, { affine: true }), [2, 3, 7]],
    ['InstanceNorm2d', () => new nn.InstanceNorm2d(3), [2, 3, 5, 4]],
    [
      'InstanceNorm2d with running statistics',
      () => new nn.InstanceNorm2d(3, { trackRunningStats: true }),
      [2, 3, 5, 4],
    ],
    ['InstanceNorm3d', () => new nn.InstanceNorm3d(3), [2, 3, 3, 2, 4]],
    ['GroupNorm', () => new nn.GroupNorm(2, 6), [2, 6, 3, 4]],
    ['GroupNorm of rows', () => new nn.GroupNorm(3, 6), [2, 6]],
    ['GroupNorm of one group', () => new nn.GroupNorm(1, 6, { affine: false }), [2, 6, 5]],
    ['LayerNorm', () => new nn.LayerNorm(6), [2, 3, 6]],
    ['LayerNorm of images', () => new nn.LayerNorm([3, 4, 5]), [2, 3, 4, 5]],
    ['LayerNorm without weights', () => new nn.LayerNorm([4, 5], { elementwiseAffine: false }), [2, 3, 4, 5]],
    ['RMSNorm', () => new nn.RMSNorm([4, 5]), [2, 3, 4, 5]],
    ['LocalResponseNorm', () => new nn.LocalResponseNorm(3, { alpha: 0.5, k: 2 }), [2, 6, 3, 4]],
    ['LocalResponseNorm of even size', () => new nn.LocalResponseNorm(4, { alpha: 0.5, beta: 0.6 }), [2, 6, 3, 4]],
    ['LocalResponseNorm of sequences', () => new nn.LocalResponseNorm(3, { alpha: 0.5 }), [2, 6, 5]],
  ])
})

describe('exportOnnx: activations', () => {
  const shape = [2, 3, 20, 4]
  // Values on both sides of every threshold.
  const wide = (layer: nn.Module) => new nn.Sequential(new Call((x) => x.mul(6)), layer)
  const layers: [string, () => nn.Module][] = [
    ['ReLU', () => new nn.ReLU()],
    ['ReLU6', () => new nn.ReLU6()],
    ['LeakyReLU', () => new nn.LeakyReLU({ negativeSlope: 0.3 })],
    ['PReLU', () => new nn.PReLU()],
    ['PReLU per channel', () => new nn.PReLU({ numParameters: 3 })],
    ['ELU', () => new nn.ELU({ alpha: 1.5 })],
    ['SELU', () => new nn.SELU()],
    ['CELU', () => new nn.CELU({ alpha: 2 })],
    ['GELU', () => new nn.GELU()],
    ['GELU, tanh', () => new nn.GELU({ approximate: 'tanh' })],
    ['SiLU', () => new nn.SiLU()],
    ['Mish', () => new nn.Mish()],
    ['Sigmoid', () => new nn.Sigmoid()],
    ['Tanh', () => new nn.Tanh()],
    ['Softplus', () => new nn.Softplus()],
    ['Softplus with numbers of its own', () => new nn.Softplus({ beta: 2, threshold: 3 })],
    ['Softsign', () => new nn.Softsign()],
    ['Hardsigmoid', () => new nn.Hardsigmoid()],
    ['Hardswish', () => new nn.Hardswish()],
    ['Hardtanh', () => new nn.Hardtanh({ minVal: -2, maxVal: 3 })],
    ['Softmax', () => new nn.Softmax(1)],
    ['Softmax of the last', () => new nn.Softmax(-1)],
    ['LogSoftmax', () => new nn.LogSoftmax(2)],
  ]
  eachLayer(layers.map(([name, make]): Case => [name, () => wide(make()), shape]))
})

describe('exportOnnx: the rest', () => {
  eachLayer([
    ['Linear', () => new nn.Linear(5, 4), [3, 5]],
    ['Linear of sequences', () => new nn.Linear(5, 4), [3, 2, 5]],
    ['Linear without bias', () => new nn.Linear(5, 4, { bias: false }), [3, 5]],
    ['dropouts', () => new nn.Sequential(new nn.Dropout(), new nn.Dropout2d(), new nn.AlphaDropout()), [2, 3, 4, 5]],
    ['Flatten', () => new nn.Flatten(), [2, 3, 4, 5]],
    ['Flatten of some', () => new nn.Flatten({ startDim: 0, endDim: 1 }), [2, 3, 4]],
    ['Unflatten', () => new nn.Unflatten(1, [2, 3]), [2, 6, 4]],
    ['Identity', () => new nn.Identity(), [2, 3]],
    ['ChannelShuffle', () => new nn.ChannelShuffle(3), [2, 12, 3, 4]],
    ['SqueezeExcitation', () => new nn.SqueezeExcitation(8, 2), [2, 8, 5, 5]],
    ['ResidualBlock', () => new nn.ResidualBlock(4, 8, { stride: 2 }), [2, 4, 6, 6]],
    ['BottleneckBlock', () => new nn.BottleneckBlock(8, 4), [2, 8, 6, 6]],
    ['InvertedResidual', () => new nn.InvertedResidual(4, 4), [2, 4, 6, 6]],
  ] as Case[])
})

describe('exportOnnx: functions', () => {
  const functions: [string, (x: Tensor) => Tensor | Tensor[], number[]?][] = [
    ['arithmetic with numbers', (x) => x.mul(2).add(1).sub(3).div(4).pow(2).maximum(0.1).minimum(3)],
    ['arithmetic, swapped', (x) => F.softplus(x).add(1).mul(-1).add(5).abs().add(1).pow(-1)],
    ['arithmetic of views with gaps', (x) => x.slice(3, 0, 5, 2).sub(0.5)],
    [
      'arithmetic of tensors',
      (x) =>
        x
          .mul(x.sub(0.5))
          .div(x.square().add(1))
          .add(x.mean(3, { keepdim: true })),
    ],
    ['in place', (x) => x.clone().add_(1).mul_(x).relu_()],
    ['clamp', (x) => x.clamp(-0.5).add(x.clamp(undefined, 0.3)).add(x.clamp(-0.1, 0.2))],
    ['element by element', (x) => x.abs().add(0.1).log().exp().sqrt().reciprocal().neg().sign().add(x.floor())],
    ['sums', (x) => x.sum([2, 3]).add(x.sum(1).sum([1, 2], { keepdim: true }).squeeze(2))],
    ['mean of what does not lie together', (x) => x.mean([1, 3])],
    ['mean of one of equal sizes', (x) => x.mean(2), [2, 3, 4, 4]],
    ['mean of the other of equal sizes', (x) => x.mean(3), [2, 3, 4, 4]],
    ['mean of a permuted tensor', (x) => x.permute([0, 2, 3, 1]).mean([1, 3], { keepdim: true }), [2, 4, 4, 4]],
    ['variance', (x) => x.var([2, 3]).add(x.std(1, { correction: 0 }).mean([1, 2]).unsqueeze(1))],
    ['maxima', (x) => x.max(2)[0].add(x.min(2, { keepdim: true })[0].squeeze(2))],
    ['softmax of a permuted tensor', (x) => x.permute([0, 2, 3, 1]).softmax(3)],
    ['matmul', (x) => x.matmul(x.transpose(2, 3))],
    ['permute', (x) => x.permute([3, 0, 2, 1]), [2, 3, 3, 3]],
    ['views', (x) => x.reshape([-1, 3, 20]).unsqueeze(1).squeeze(1).contiguous().unflatten(2, [5, 4]).view([-1, 60])],
    [
      'parts',
      (x) =>
        F.relu(x.narrow(2, 1, 2))
          .add(x.select(2, 3).unsqueeze(2))
          .add(x.slice(2, 0, 4, 3)),
    ],
    ['split', (x) => x.split([1, 2], 1)],
    ['expand', (x) => x.mean([1, 2, 3], { keepdim: true }).expand([-1, 3, 2, -1])],
    ['pad', (x) => F.pad(x, [1, 2, 0, 1, 1, 0], { value: 0.5 })],
    ['pad that cuts', (x) => F.pad(x, [-1, 2, 1, -2])],
    ['pad, reflect, that cuts', (x) => F.pad(x, [2, -1, 1, 3], { mode: 'reflect' })],
    ['pad, circular, that cuts', (x) => F.pad(x, [2, -1, 1, 3], { mode: 'circular' })],
    ['contiguous', (x) => x.contiguous().add(x.contiguous({ memoryFormat: 'channelsLast' }))],
    ['numbers made in forward', (x) => x.add(tensor([1, 2, 3, 4, 5]))],
    ['cat and stack', (x) => cat([x, stack([x, x.neg()], 2).flatten(1, 2), x], 1)],
    ['several outputs', (x) => [x.relu(), x.neg(), x.relu()]],
    ['the same output twice', (x) => [x, x]],
  ]
  it.each(functions)('%s', async (_, fn, shape = [2, 3, 4, 5]) => {
    await expectOnnxToAgree(new nn.Sequential(new nn.Identity(), new Call(fn)), [shape])
  })
})
