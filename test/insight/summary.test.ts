import { describe, expect, it } from 'vitest'
import {
  functional as F,
  getGeneratorState,
  type InputShape,
  memory,
  models,
  nn,
  RangeError,
  randn,
  ShapeError,
  StateError,
  summary,
  type Tensor,
  zeros,
} from '../../lib/index.ts'
import { createReferenceBackend } from '../../lib/kernels/reference_backend.ts'
import { withBackend } from '../../lib/kernels/select.ts'
import { throws } from '../util/throws.ts'
import { TinyResNet } from './models.ts'

const { Conv2d, Linear, Sequential } = nn

/** Parameters and multiply-accumulates of a model. */
function costs(model: nn.Module, shape: InputShape): [number, number] {
  const { totals } = summary(model, shape)
  return [totals.parameters, totals.forwardMacs]
}

describe('the known figures', () => {
  it('of convolutions', () => {
    expect(costs(new Conv2d(3, 10, 5, { padding: 2 }), [1, 3, 32, 32])).toEqual([760, 768_000])
    const standard = new Conv2d(128, 256, 3, { padding: 1, bias: false })
    expect(costs(standard, [1, 128, 32, 32])).toEqual([294_912, 301_989_888])
    const separable = new nn.DepthwiseSeparableConv2d(128, 256, 3, { padding: 1, bias: false })
    expect(costs(separable, [1, 128, 32, 32])).toEqual([33_920, 34_734_080])
    expect(costs(new nn.Conv1d(4, 6, 3), [2, 4, 10])).toEqual([78, 2 * 8 * 6 * 4 * 3])
    expect(costs(new nn.Conv3d(2, 4, 3), [1, 2, 5, 6, 7])).toEqual([220, 3 * 4 * 5 * 4 * 2 * 27])
    // Every element of the input meets every weight of its channel.
    expect(costs(new nn.ConvTranspose2d(3, 4, 3, { stride: 2 }), [1, 3, 8, 8])).toEqual([112, 64 * 3 * 4 * 9])
    expect(costs(standard, [4, 128, 32, 32])[1]).toBe(4 * 301_989_888)
  })
  it('of linear layers', () => {
    expect(costs(models.mlp(), [1, 784])).toEqual([109_770, 784 * 128 + 128 * 64 + 64 * 10])
    expect(costs(new Linear(3, 5), [2, 7, 3])).toEqual([20, 2 * 7 * 15])
  })
  it('of LeNet-5, whose first convolution needs no gradient of the images', () => {
    const { totals } = summary(models.leNet5(), [1, 1, 28, 28])
    const [conv1, conv2, fc] = [784 * 20 * 25, 196 * 50 * 500, 2450 * 500 + 5000]
    expect(totals.parameters).toBe(1_256_080)
    expect(totals.forwardMacs).toBe(conv1 + conv2 + fc)
    expect(totals.backwardMacs).toBe(conv1 + 2 * (conv2 + fc))
  })
})

describe('rows', () => {
  it('are the modules in the order they run, with functions counted where they are called', () => {
    const { rows, totals } = summary(new TinyResNet(), [2, 3, 16, 16])
    const column = <K extends keyof (typeof rows)[number]>(key: K) => rows.map((row) => row[key])
    expect(column('path')).toEqual(['', 'conv1', 'bn1', 'relu', 'conv2', 'bn2', 'relu', 'fc'])
    expect(column('type').slice(0, 3)).toEqual(['TinyResNet', 'Conv2d', 'BatchNorm2d'])
    expect(column('depth')).toEqual([0, 1, 1, 1, 1, 1, 1, 1])
    expect(column('parameters')).toEqual([0, 216, 16, 0, 576, 16, 0, 36])
    expect(column('repeated')).toEqual([false, false, false, false, false, false, true, false])
    expect(column('macs')).toEqual([0, 2 * 256 * 216, 0, 0, 2 * 256 * 576, 0, 0, 2 * 32])
    expect(rows[1].inputShapes).toEqual([[2, 3, 16, 16]])
    expect(rows.at(-1)?.outputShapes).toEqual([[2, 4]])
    expect(rows[4].activationBytes).toBe(2 * 8 * 256 * 4)
    expect(rows[4].receptiveField).toEqual({ size: [5, 5], stride: [1, 1], start: [-2, -2] })
    expect(totals.activationBytes).toBe(6 * 2 * 8 * 256 * 4 + 2 * 4 * 4)
    expect(totals.parameterBytes).toBe(4 * (216 + 576 + 32 + 36 + 32) + 2 * 8)
  })
  it('name each place of a module that is used twice and count its parameters once', () => {
    const shared = new Linear(4, 4)
    const { rows, totals } = summary(new Sequential(shared, new nn.ReLU(), shared), [2, 4])
    expect(rows.map(({ path, parameters, macs }) => [path, parameters, macs])).toEqual([
      ['', 0, 0],
      ['0', 20, 32],
      ['1', 0, 0],
      ['2', 0, 32],
    ])
    expect([totals.parameters, totals.forwardMacs]).toEqual([20, 64])
    expect(totals.backwardMacs).toBe(32 + 64)
  })
  it('show modules that hold parameters and do not run', () => {
    class Idle extends nn.Module {
      layers = new nn.ModuleList([new Linear(2, 2)])
      spare = new Linear(2, 3)
      override forward(input: Tensor): Tensor {
        return this.layers.at(0).forward(input)
      }
    }
    const { rows, totals } = summary(new Idle(), [1, 2])
    expect(rows.map(({ path, outputShapes }) => [path, outputShapes])).toEqual([
      ['', [[1, 2]]],
      ['layers.0', [[1, 2]]],
      ['spare', []],
    ])
    expect([totals.parameters, totals.forwardMacs]).toEqual([15, 4])
  })
  it('tell trained parameters from frozen ones', () => {
    const model = new Sequential(new Linear(4, 4).requiresGrad_(false), new Linear(4, 2))
    const { totals } = summary(model, [3, 4])
    expect([totals.parameters, totals.trainable, totals.backwardMacs]).toEqual([30, 10, 3 * 8])
    expect(summary(model.requiresGrad_(false), [3, 4]).totals.backwardMacs).toBe(0)
  })
  it('take several inputs', () => {
    class Two extends nn.Module<[a: Tensor, b: Tensor]> {
      left = new Linear(2, 3)
      right = new Linear(5, 3)
      override forward(a: Tensor, b: Tensor): Tensor {
        return this.left.forward(a).add(this.right.forward(b))
      }
    }
    const shape: InputShape = [
      [4, 2],
      [4, 5],
    ]
    expect(summary(new Two() as unknown as nn.Module, shape).totals.forwardMacs).toBe(4 * 6 + 4 * 15)
  })
})

describe('the peak of a training step', () => {
  // The reference frees what it holds to the byte; the native pool rounds sizes up.
  it.each([
    ['cnnWithDropout', () => models.cnnWithDropout({ imageSize: 8 }), [4, 1, 8, 8]],
    ['mlp', () => models.mlp({ imageSize: 4 }), [4, 1, 4, 4]],
  ])('is what one of %s takes', (_name, make, shape) => {
    const model = make()
    const { totals } = summary(model, shape)
    const reference = createReferenceBackend()
    const copied = withBackend(reference, () => {
      const own = make()
      const input = randn(shape).contiguous({ memoryFormat: 'channelsLast' })
      F.crossEntropy(own.forward(input), zeros([4], { dtype: 'int32' })).backward()
      return reference.memory().peak
    })
    const peak = totals.peakTrainingBytes as number
    // Beyond the sum that stands for the loss, cross entropy holds targets and a number per row.
    expect(Math.abs(copied - peak)).toBeLessThan(400)
    expect(totals.backwardMacs).toBeGreaterThan(totals.forwardMacs)
  })
  it('counts what the optimizer keeps', () => {
    const model = new Linear(10, 10)
    const plain = summary(model, [1, 10]).totals
    const adam = summary(model, [1, 10], { optimizerStates: 2 }).totals
    expect(adam.optimizerBytes).toBe(2 * 440)
    expect((adam.peakTrainingBytes as number) - (plain.peakTrainingBytes as number)).toBe(880)
  })
  it('is unknown where the model cannot train on the input, and the report says why', () => {
    const report = summary(models.mlp(), [1, 784])
    expect([report.totals.backwardMacs, report.totals.peakTrainingBytes]).toEqual([null, null])
    expect(report.trainingError).toContain('batchNorm: expected more than 1 value per channel when training')
    expect(String(report)).toContain('Training step: not on this input, because batchNorm: expected more than 1 value')
  })
})

describe('a summary', () => {
  it('is a table', () => {
    const model = new Sequential({
      body: new Sequential(new Conv2d(1, 4, 3, { stride: 2 }), new nn.ReLU()),
      head: new Sequential(new nn.Flatten(), new Linear(36, 2)),
    })
    expect(String(summary(model, [2, 1, 8, 8])).split('\n')).toEqual([
      'Layer                   Output        Parameters  MACs  Memory  Sees  Stride  Start',
      '───────────────────────────────────────────────────────────────────────────────────',
      'Sequential              [2, 2]                            16 B     7',
      '├─ body (Sequential)    [2, 4, 3, 3]                     288 B     3       2      0',
      '│  ├─ body.0 (Conv2d)   [2, 4, 3, 3]          40   648   288 B     3       2      0',
      '│  └─ body.1 (ReLU)     [2, 4, 3, 3]                     288 B     3       2      0',
      '└─ head (Sequential)    [2, 2]                            16 B     7',
      '   ├─ head.0 (Flatten)  [2, 36]                          288 B     7',
      '   └─ head.1 (Linear)   [2, 2]                74   144    16 B     7',
      '───────────────────────────────────────────────────────────────────────────────────',
      'Parameters: 114, of which 114 are trained',
      'Multiply-accumulates: 792 forward, 936 backward',
      'Training step: 2.25 KiB at the peak',
      'Memory: parameters and buffers 456 B, outputs of all layers 880 B',
    ])
  })
  it('changes nothing: no buffer, gradient, mode, field or random number', () => {
    class Counting extends nn.Module {
      calls = 0
      seen: Tensor | null = null
      inner = new Sequential(new nn.BatchNorm1d(4), new nn.Dropout(), new Linear(4, 2))
      override forward(input: Tensor): Tensor {
        this.calls++
        this.seen = input
        return this.inner.forward(input)
      }
    }
    const model = new Counting()
    model
      .forward(randn([3, 4]))
      .sum()
      .backward()
    const gradient = [...model.parameters()].map((parameter) => parameter.grad)
    model.inner.at(1)?.eval()
    const hooked = [...model.parameters()][2]
    let hooks = 0
    hooked.registerHook(() => {
      hooks++
      return undefined
    })
    const { seen } = model
    const state = () => Object.values(model.stateDict()).map((value) => value.toArray())
    const before = [state(), getGeneratorState(), memory().storages]
    summary(model, [5, 4])
    expect([state(), getGeneratorState(), memory().storages]).toEqual(before)
    expect([...model.parameters()].map((parameter) => parameter.grad)).toEqual(gradient)
    expect([model.calls, model.seen === seen, hooks]).toEqual([1, true, 0])
    expect([...model.modules()].map(({ training }) => training)).toEqual([true, true, true, false, true])
    expect(Object.hasOwn(model, 'forward')).toBe(false)
    // The graph of an earlier forward is still good for backward.
    model.eval()
    const loss = model.forward(randn([3, 4])).sum()
    summary(model, [5, 4])
    loss.backward()
    expect(hooks).toBe(1)
  })
})

describe('errors', () => {
  it('of the input shape', () => {
    const model = new Linear(2, 2)
    throws(
      () => summary(model, 3 as never),
      ShapeError,
      'summary: expected an input shape such as [1, 3, 32, 32], got 3',
    )
    throws(() => summary(model, []), ShapeError, 'summary: expected an input shape such as [1, 3, 32, 32], got []')
    throws(
      () => summary(model, [0, 2]),
      ShapeError,
      'summary: expected sizes of at least 1 in the input shape, got [0, 2]',
    )
    throws(
      () => summary(model, [1, 2], { optimizerStates: -1 }),
      RangeError,
      'summary: expected optimizerStates to be an integer of at least 0, got -1',
    )
    throws(
      () => summary(model, [1, 2], { batch: 1 } as never),
      RangeError,
      'summary: expected options optimizerStates, got "batch"',
    )
  })
  it('name the module where the input does not fit', () => {
    throws(
      () => summary(new Sequential(new Linear(2, 3), new Linear(4, 2)), [1, 2]),
      ShapeError,
      'summary: at 1 (Linear): linear: expected the last dimension of input to equal weight.shape[1] (4), got 3; ' +
        'input [1, 3], weight [2, 4]',
    )
    throws(
      () => summary(new nn.BatchNorm2d(3), [3, 8, 8]),
      ShapeError,
      'summary: at BatchNorm2d: BatchNorm2d: expected input [N, C, H, W], got 3 dimensions; input [3, 8, 8]',
    )
  })
  it('name a lazy module that has seen no input', () => {
    throws(
      () => summary(new Sequential(new nn.Flatten(), new nn.LazyLinear(3)), [1, 2]),
      StateError,
      'summary: 1.weight of LazyLinear is not materialised yet; run one forward pass first to infer its shape',
    )
    throws(
      () => summary(new nn.LazyConv2d(3, 3), [1, 2, 8, 8]),
      StateError,
      'summary: weight of LazyConv2d is not materialised yet; run one forward pass first to infer its shape',
    )
  })
  it('say that a forward looks at values', () => {
    class Looks extends nn.Module {
      override forward(input: Tensor): Tensor {
        return Number(input.sum().item()) > 0 ? input : input.neg()
      }
    }
    throws(
      () => summary(new Looks(), [1, 2]),
      StateError,
      'summary: at Looks: expected a forward pass that does not look at the values of tensors (by item(), toArray() and ' +
        'the like): only shapes are followed here, and there are no values',
    )
  })
  it('of the user come through as they are', () => {
    class Broken extends nn.Module {
      override forward(): Tensor {
        throw new TypeError('my own')
      }
    }
    expect(() => summary(new Broken(), [1])).toThrow(new TypeError('my own'))
  })
})
