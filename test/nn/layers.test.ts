import { describe, expect, it } from 'vitest'
import { functional as F, manualSeed, nn, ones, RangeError, randn, ShapeError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const within = (values: ArrayLike<number>, bound: number) =>
  Array.from(values).every((value) => Math.abs(value) <= bound)

describe('Linear', () => {
  it('starts evenly from ± 1 / √inFeatures, repeated by the seed', () => {
    manualSeed(1)
    const layer = new nn.Linear(100, 50)
    const weights = layer.weight.toTypedArray() as Float32Array
    expect([layer.weight.shape, layer.bias?.shape]).toEqual([[50, 100], [50]])
    expect([
      within(weights, 0.1),
      within(weights, 0.095),
      within(layer.bias?.toTypedArray() as Float32Array, 0.1),
    ]).toEqual([true, false, true])
    manualSeed(1)
    expect(new nn.Linear(100, 50).weight.equal(layer.weight)).toBe(true)
  })
  it('computes functional.linear', () => {
    const layer = new nn.Linear(3, 2)
    const input = randn([4, 3])
    expect(layer.forward(input).equal(F.linear(input, layer.weight, layer.bias))).toBe(true)
    expect(new nn.Linear(3, 2, { bias: false }).bias).toBeNull()
  })
  it('refuses sizes that are none', () => {
    throws(() => new nn.Linear(0, 2), RangeError, 'Linear: expected inFeatures to be an integer of at least 1, got 0')
    throws(
      () => new nn.Linear(2, 1.5),
      RangeError,
      'Linear: expected outFeatures to be an integer of at least 1, got 1.5',
    )
  })
})

describe('LazyLinear', () => {
  it('takes its input features from the first input', () => {
    const layer = new nn.LazyLinear(2)
    expect([...layer.parameters()].map((parameter) => [parameter.shape, parameter.isLazy])).toEqual([
      [[2, 0], true],
      [[2], false],
    ])
    const { weight } = layer
    layer
      .forward(randn([4, 5]))
      .sum()
      .backward()
    expect([layer.weight === weight, weight.shape, weight.size, weight.isLazy, weight.grad?.shape]).toEqual([
      true,
      [2, 5],
      10,
      false,
      [2, 5],
    ])
    expect(within(weight.toTypedArray() as Float32Array, 1 / Math.sqrt(5))).toBe(true)
  })
  it('refuses an input without features, and no outputs', () => {
    throws(
      () => new nn.LazyLinear(2).forward(tensor(1)),
      ShapeError,
      'LazyLinear: expected input with a last dimension to infer; input []',
    )
    throws(
      () => new nn.LazyLinear(0),
      RangeError,
      'LazyLinear: expected outFeatures to be an integer of at least 1, got 0',
    )
  })
})

describe('Conv2d', () => {
  it('has its weight channels-last in memory', () => {
    const layer = new nn.Conv2d(3, 8, 3)
    expect([layer.weight.shape, layer.weight.isContiguous('channelsLast')]).toEqual([[8, 3, 3, 3], true])
    expect(within(layer.weight.toTypedArray() as Float32Array, 1 / Math.sqrt(27))).toBe(true)
  })
  it('computes functional.conv2d', () => {
    const layer = new nn.Conv2d(4, 8, 3, { stride: 2, padding: 1, groups: 2, bias: false })
    const input = randn([2, 4, 7, 7])
    const want = F.conv2d(input, layer.weight, null, { stride: 2, padding: 1, groups: 2 })
    expect([layer.forward(input).equal(want), layer.bias]).toEqual([true, null])
    expect(new nn.Conv2d(1, 1, 3, { padding: 'same' }).forward(zeros([1, 1, 4, 4])).shape).toEqual([1, 1, 4, 4])
    expect(new nn.Conv2d(1, 1, 3, { padding: 'valid' }).forward(zeros([1, 1, 4, 4])).shape).toEqual([1, 1, 2, 2])
  })
  it('refuses settings out of range when it is made', () => {
    throws(
      () => new nn.Conv2d(0, 1, 3),
      RangeError,
      'Conv2d: expected inChannels to be an integer of at least 1, got 0',
    )
    throws(
      () => new nn.Conv2d(1, 0, 3),
      RangeError,
      'Conv2d: expected outChannels to be an integer of at least 1, got 0',
    )
    throws(
      () => new nn.Conv2d(1, 1, 0),
      RangeError,
      'Conv2d: expected kernelSize to be an integer of at least 1, got 0',
    )
    throws(
      () => new nn.Conv2d(4, 6, 3, { groups: 4 }),
      RangeError,
      'Conv2d: expected inChannels and outChannels divisible by groups 4, got 4 and 6',
    )
    throws(
      () => new nn.Conv2d(1, 1, 3, { stride: 2, padding: 'same' }),
      RangeError,
      'Conv2d: expected stride 1 with padding "same", got 2x2',
    )
    throws(
      () => new nn.Conv2d(1, 1, 3, { padingMode: 'reflect' } as never),
      RangeError,
      'Conv2d: expected options stride, padding, dilation, groups, paddingMode, bias, got "padingMode"',
    )
  })
})

describe('BatchNorm', () => {
  it('counts batches and averages them with momentum, or over all without', () => {
    const layer = new nn.BatchNorm1d(1)
    layer.forward(tensor([[0], [2]]))
    expect([layer.runningMean?.item(), layer.numBatchesTracked?.item()]).toEqual([expect.closeTo(0.1, 6), 1n])
    const average = new nn.BatchNorm1d(1, { momentum: null })
    for (const batch of [
      [[0], [2]],
      [[4], [6]],
    ])
      average.forward(tensor(batch))
    expect([average.runningMean?.item(), average.numBatchesTracked?.item()]).toEqual([3, 2n])
  })
  it('uses the running statistics in evaluation, which stay', () => {
    const layer = new nn.BatchNorm2d(2).eval()
    const input = randn([1, 2, 3, 3])
    expect(layer.forward(input).allclose(input, { atol: 1e-4 })).toBe(true)
    expect([layer.numBatchesTracked?.item(), layer.runningMean?.toArray()]).toEqual([0n, [0, 0]])
  })
  it('uses the batch in evaluation too when it tracks nothing', () => {
    const layer = new nn.BatchNorm1d(1, { trackRunningStats: false, affine: false }).eval()
    const output = layer.forward(tensor([[0], [2]]))
    expect([...output.toTypedArray()]).toEqual([expect.closeTo(-1, 4), expect.closeTo(1, 4)])
    expect([layer.stateDict(), layer.weight, layer.bias]).toEqual([{}, null, null])
  })
  it('starts as the identity map', () => {
    const layer = new nn.BatchNorm3d(2)
    expect([layer.weight?.toArray(), layer.bias?.toArray(), layer.runningVar?.toArray()]).toEqual([
      [1, 1],
      [0, 0],
      [1, 1],
    ])
    expect(layer.forward(randn([2, 2, 2, 2, 2])).shape).toEqual([2, 2, 2, 2, 2])
  })
  it('refuses other numbers of dimensions', () => {
    throws(
      () => new nn.BatchNorm1d(2).forward(zeros([2, 2, 2, 2])),
      ShapeError,
      'BatchNorm1d: expected input [N, C] or [N, C, L], got 4 dimensions; input [2, 2, 2, 2]',
    )
    throws(
      () => new nn.BatchNorm2d(2).forward(zeros([2, 2])),
      ShapeError,
      'BatchNorm2d: expected input [N, C, H, W], got 2 dimensions; input [2, 2]',
    )
    throws(
      () => new nn.BatchNorm3d(2).forward(zeros([2, 2])),
      ShapeError,
      'BatchNorm3d: expected input [N, C, D, H, W], got 2 dimensions; input [2, 2]',
    )
  })
  it('counts no batch that was refused', () => {
    const layer = new nn.BatchNorm1d(2)
    expect(() => layer.forward(zeros([1, 2]))).toThrow('expected more than 1 value per channel')
    expect(layer.numBatchesTracked?.item()).toBe(0n)
  })
  it('refuses settings out of range when it is made', () => {
    throws(
      () => new nn.BatchNorm2d(0),
      RangeError,
      'BatchNorm2d: expected numFeatures to be an integer of at least 1, got 0',
    )
    throws(
      () => new nn.BatchNorm2d(1, { eps: -1 }),
      RangeError,
      'BatchNorm2d: expected eps to be a finite number of at least 0, got -1',
    )
    throws(
      () => new nn.BatchNorm1d(1, { momentum: Number.NaN }),
      RangeError,
      'BatchNorm1d: expected momentum to be a finite number, got NaN',
    )
    throws(
      () => new nn.BatchNorm1d(1, { epsilon: 1 } as never),
      RangeError,
      'BatchNorm1d: expected options eps, momentum, affine, trackRunningStats, got "epsilon"',
    )
  })
})

describe('layers without parameters', () => {
  const image = randn([2, 3, 4, 4])
  it('compute their functions', () => {
    expect(new nn.Identity().forward(image)).toBe(image)
    expect(new nn.Flatten().forward(image).shape).toEqual([2, 48])
    expect(new nn.Flatten({ startDim: 2, endDim: 3 }).forward(image).shape).toEqual([2, 3, 16])
    expect(new nn.Unflatten(1, [3, -1]).forward(zeros([2, 6])).shape).toEqual([2, 3, 2])
    expect(new nn.ReLU().forward(image).equal(F.relu(image))).toBe(true)
    expect(new nn.MaxPool2d(2, { stride: 1 }).forward(image).equal(F.maxPool2d(image, 2, { stride: 1 }))).toBe(true)
    expect(new nn.AdaptiveAvgPool2d(1).forward(image).equal(F.globalAvgPool(image))).toBe(true)
    expect(new nn.GlobalAvgPool().forward(image).shape).toEqual([2, 3, 1, 1])
    expect(new nn.Softmax(1).forward(image).equal(F.softmax(image, 1))).toBe(true)
    expect(new nn.LogSoftmax(1).forward(image).equal(F.logSoftmax(image, 1))).toBe(true)
  })
  it('drop only in training', () => {
    for (const layer of [new nn.Dropout({ p: 0.9 }), new nn.Dropout2d({ p: 0.9 })]) {
      expect(layer.eval().forward(image)).toBe(image)
      expect(
        layer
          .train()
          .forward(ones([4, 64, 2, 2]))
          .eq(0)
          .sum()
          .item(),
      ).toBeGreaterThan(0)
    }
  })
  it('refuse settings out of range when they are made', () => {
    throws(() => new nn.Dropout({ p: 2 }), RangeError, 'Dropout: expected p to lie between 0 and 1, got 2')
    throws(() => new nn.Dropout2d({ p: -1 }), RangeError, 'Dropout2d: expected p to lie between 0 and 1, got -1')
    throws(
      () => new nn.MaxPool2d(0),
      RangeError,
      'MaxPool2d: expected kernelSize to be an integer of at least 1, got 0',
    )
    throws(
      () => new nn.MaxPool2d(2, { indices: true } as never),
      RangeError,
      'MaxPool2d: expected options stride, padding, dilation, ceilMode, returnIndices, got "indices"',
    )
  })
})

describe('losses', () => {
  const scores = randn([3, 4])
  const labels = tensor([1, 0, 3], { dtype: 'int64' })
  it('compute their functions', () => {
    const weight = tensor([1, 2, 3, 4])
    const options = { weight, labelSmoothing: 0.1, reduction: 'sum' } as const
    expect(
      new nn.CrossEntropyLoss(options).forward(scores, labels).equal(F.crossEntropy(scores, labels, options)),
    ).toBe(true)
    expect(new nn.NLLLoss({ weight }).forward(scores, labels).equal(F.nllLoss(scores, labels, { weight }))).toBe(true)
    expect(new nn.MSELoss().forward(scores, scores.mul(2)).equal(F.mseLoss(scores, scores.mul(2)))).toBe(true)
    expect(new nn.L1Loss({ reduction: 'none' }).forward(scores, scores).shape).toEqual([3, 4])
    expect(Object.keys(new nn.CrossEntropyLoss({ weight }).stateDict())).toEqual(['weight'])
  })
  it('refuse options that do not exist', () => {
    throws(
      () => new nn.MSELoss({ reduction: 'max' as never }),
      RangeError,
      'MSELoss: expected reduction to be one of "none", "mean", "sum", got "max"',
    )
    throws(
      () => new nn.CrossEntropyLoss({ smoothing: 0.1 } as never),
      RangeError,
      'CrossEntropyLoss: expected options weight, ignoreIndex, labelSmoothing, reduction, got "smoothing"',
    )
  })
})
