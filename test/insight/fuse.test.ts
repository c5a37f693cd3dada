import { describe, expect, it } from 'vitest'
import {
  fuse,
  getGeneratorState,
  models,
  nn,
  noGrad,
  RangeError,
  randn,
  ShapeError,
  StateError,
  type Tensor,
} from '../../lib/index.ts'
import { nearestBase } from '../../lib/insight/copy_module.ts'
import { throws } from '../util/throws.ts'
import { TinyResNet } from './models.ts'

const { BatchNorm1d, BatchNorm2d, BatchNorm3d, Conv2d, Linear, Sequential } = nn

/** Gives every batch norm statistics and an affine map of its own, and switches to evaluation. */
function settled<M extends nn.Module>(model: M): M {
  noGrad(() => {
    for (const module of model.modules()) {
      if (!(module instanceof BatchNorm1d || module instanceof BatchNorm2d || module instanceof BatchNorm3d)) continue
      if (module.weight !== null) nn.init.uniform(module.weight, { a: 0.5, b: 2 })
      if (module.bias !== null) nn.init.normal(module.bias)
      if (module.runningMean !== null) nn.init.normal(module.runningMean)
      if (module.runningVar !== null) nn.init.uniform(module.runningVar, { a: 0.1, b: 4 })
    }
  })
  return model.eval()
}

/** The largest difference between two models' outputs, relative to the largest output. */
function difference(a: nn.Module, b: nn.Module, shape: number[]): number {
  const input = randn(shape)
  return noGrad(() => {
    const expected = a.forward(input)
    const got = b.forward(input)
    expect(got.shape).toEqual(expected.shape)
    return Number(got.sub(expected).abs().max().item()) / Number(expected.abs().max().item())
  })
}

const count = (model: nn.Module): number =>
  [...model.modules()].filter((module) => module.constructor.name.startsWith('BatchNorm')).length

describe('fuse', () => {
  const layers: [string, nn.Module, number[]][] = [
    ['Linear', new Sequential(new Linear(5, 4), new BatchNorm1d(4)), [3, 5]],
    ['Conv1d', new Sequential(new nn.Conv1d(4, 6, 3, { groups: 2, stride: 2 }), new BatchNorm1d(6)), [2, 4, 12]],
    ['Conv2d', new Sequential(new Conv2d(4, 6, [3, 2], { groups: 2, bias: false }), new BatchNorm2d(6)), [2, 4, 8, 7]],
    ['Conv3d', new Sequential(new nn.Conv3d(2, 3, 2), new BatchNorm3d(3)), [2, 2, 5, 4, 3]],
    ['ConvTranspose1d', new Sequential(new nn.ConvTranspose1d(4, 6, 3, { stride: 2 }), new BatchNorm1d(6)), [2, 4, 5]],
    [
      'ConvTranspose2d',
      new Sequential(new nn.ConvTranspose2d(4, 6, 3, { groups: 2, bias: false }), new BatchNorm2d(6)),
      [2, 4, 5, 6],
    ],
    ['ConvTranspose3d', new Sequential(new nn.ConvTranspose3d(2, 3, 2), new BatchNorm3d(3)), [1, 2, 3, 3, 3]],
    ['Conv2d', new Sequential(new Conv2d(2, 3, 3), new BatchNorm2d(3, { affine: false })), [2, 2, 6, 6]],
    [
      'Conv2d',
      new Sequential(new Conv2d(2, 3, 3, { padding: 1, paddingMode: 'reflect' }), new BatchNorm2d(3)),
      [2, 2, 6, 6],
    ],
  ]
  it.each(layers)('folds into %s, so that outputs agree to 1e-5', (_name, model, shape) => {
    const { model: fused, folded, kept } = fuse(settled(model))
    expect([folded, kept]).toEqual([[{ norm: '1', layer: '0' }], []])
    expect(count(fused)).toBe(0)
    expect(difference(model, fused, shape)).toBeLessThan(1e-5)
  })

  it('works inside residual blocks and modules of one’s own, whatever comes between in the fields', () => {
    const model = settled(new TinyResNet())
    const result = fuse(model)
    expect(result.folded).toEqual([
      { norm: 'bn1', layer: 'conv1' },
      { norm: 'bn2', layer: 'conv2' },
    ])
    expect(result.model).toBeInstanceOf(TinyResNet)
    expect(difference(model, result.model, [2, 3, 9, 9])).toBeLessThan(1e-5)
    expect(String(result.model)).toContain('(bn1): Identity()')
    expect(Object.keys(result.model.stateDict())).toEqual([
      'conv1.weight',
      'conv1.bias',
      'conv2.weight',
      'conv2.bias',
      'fc.weight',
      'fc.bias',
    ])
    expect(String(result).split('\n')).toEqual([
      'Batch norm  Result',
      '─────────────────────────────',
      'bn1         folded into conv1',
      'bn2         folded into conv2',
      '─────────────────────────────',
    ])
  })

  it('copies the model, which stays as it was, and shares nothing with it', () => {
    const model = settled(models.mlp({ imageSize: 4 }))
    const state = () => Object.entries(model.stateDict()).map(([name, value]) => [name, value.toArray()])
    const before = [state(), getGeneratorState(), String(model)]
    const { model: fused } = fuse(model)
    expect([state(), getGeneratorState(), String(model)]).toEqual(before)
    noGrad(() => {
      for (const parameter of fused.parameters()) parameter.fill_(1)
    })
    expect(state()).toEqual(before[0])
    expect([...fused.modules()].every(({ training }) => !training)).toBe(true)
    expect([...fused.parameters()].every(({ requiresGrad }) => requiresGrad)).toBe(true)
  })

  it('copies containers, buffers, shared modules and plain fields', () => {
    class Own extends nn.Module {
      options = { names: ['a'], scale: 2 }
      table = new Map([['k', new Linear(2, 2)]])
      list = new nn.ModuleList([new Linear(2, 2), new nn.ReLU()])
      again = this.list.at(0)
      constructor() {
        super()
        this.registerBuffer('offset', randn([2]), { key: 'the_offset' })
      }
      override forward(input: Tensor): Tensor {
        return this.again
          .forward(this.list.at(0).forward(input))
          .mul(this.options.scale)
          .add((this as never as { offset: Tensor }).offset)
      }
    }
    const model = new Own().eval()
    const { model: copy, folded } = fuse(model)
    expect(folded).toEqual([])
    expect(copy.again).toBe(copy.list.at(0))
    expect(copy.again).not.toBe(model.again)
    expect(copy.table.get('k')).not.toBe(model.table.get('k'))
    expect(copy.options).toEqual(model.options)
    expect(copy.options.names).not.toBe(model.options.names)
    expect(Object.keys(copy.stateDict())).toEqual(Object.keys(model.stateDict()))
    expect(difference(model, copy, [3, 2])).toBe(0)
  })

  it('keeps norms that cannot be folded and says why', () => {
    class Odd extends nn.Module {
      twice = new Linear(3, 3)
      afterTwice = new BatchNorm1d(3)
      norm = new BatchNorm1d(3)
      seen = new Linear(3, 3)
      afterSeen = new BatchNorm1d(3)
      unused = new BatchNorm1d(3)
      override forward(input: Tensor): Tensor {
        const start = this.norm.forward(this.norm.forward(input))
        const middle = this.afterTwice.forward(this.twice.forward(this.twice.forward(start)))
        const read = this.seen.forward(middle)
        return this.afterSeen.forward(read).add(read)
      }
    }
    const model = settled(new Odd())
    const result = fuse(model)
    expect(result.folded).toEqual([])
    expect(Object.fromEntries(result.kept.map(({ norm, why }) => [norm, why]))).toEqual({
      norm: 'it is used more than once',
      afterTwice: 'the layer before it is used more than once',
      afterSeen: 'the output of the layer before it is read elsewhere too',
      unused: 'the forward pass does not use it',
    })
    expect(difference(model, result.model, [4, 3])).toBe(0)
    expect(String(result)).toContain('unused      kept: the forward pass does not use it')
    const whys = (...modules: nn.Module[]) => fuse(settled(new Sequential(...modules))).kept.map(({ why }) => why)
    expect(whys(new Linear(3, 3), new nn.ReLU(), new BatchNorm1d(3))).toEqual([
      'what it normalises is not the output of a convolution, transposed convolution or linear layer',
    ])
    expect(whys(new Linear(3, 3), new BatchNorm1d(3, { trackRunningStats: false }))).toEqual([
      'it keeps no running statistics, so every batch is normalised by its own',
    ])
  })

  it('takes neighbours in Sequential where no usual input fits, and follows the forward of one that is given', () => {
    const build = () => {
      const net = new TinyResNet()
      const head = new Sequential(new nn.Flatten(), new Linear(4, 3), new BatchNorm1d(3))
      return settled(new Sequential(new nn.Unflatten(1, [3, 5, 7]), net, head))
    }
    const model = build()
    const { folded, kept } = fuse(model)
    expect(folded).toEqual([{ norm: '2.2', layer: '2.1' }])
    expect(kept).toEqual([
      { norm: '1.bn1', why: 'the order of the modules is not known; pass an inputShape to follow the forward pass' },
      { norm: '1.bn2', why: 'the order of the modules is not known; pass an inputShape to follow the forward pass' },
    ])
    const given = fuse(model, { inputShape: [2, 105] })
    expect(given.folded.map(({ norm }) => norm)).toEqual(['1.bn1', '1.bn2', '2.2'])
    expect(difference(model, given.model, [2, 105])).toBeLessThan(1e-5)
  })

  it('works on the zoo', () => {
    // The smaller ones of each kind: residual, squeezing, shuffling, inverted, with max pooling.
    for (const make of [models.bnLeNetResBlock, models.seResNet18, models.shuffleNetV2, models.mobileNetV2]) {
      const small = make === models.bnLeNetResBlock
      const model = settled(small ? make() : (make as typeof models.seResNet18)({ numClasses: 4, stem: 'cifar' }))
      const { model: fused, kept } = fuse(model)
      expect([kept, count(fused)]).toEqual([[], 0])
      const shape = small ? [1, 1, 28, 28] : [1, 3, 16, 16]
      expect(difference(model, fused, shape), make.name).toBeLessThan(1e-5)
    }
  })

  it('copies every kind of module that the library has', () => {
    const kinds = Object.entries(nn).filter(
      ([, kind]) => (kind as { prototype?: object }).prototype instanceof nn.Module,
    )
    expect(kinds.length).toBeGreaterThan(40)
    for (const [name, kind] of kinds) expect(nearestBase(kind).recipe, name).not.toBeNull()
    class Lists extends nn.Module {
      dict = new nn.ModuleDict({ a: new nn.LazyLinear(3, { bias: false }), b: new BatchNorm1d(3) })
      scales = new nn.ParameterList([randn([3])])
      override forward(input: Tensor): Tensor {
        const hidden = this.dict.get('b')?.forward(this.dict.get('a')?.forward(input) as Tensor) as Tensor
        return hidden.mul(this.scales.at(0))
      }
    }
    const model = new Lists()
    model.forward(randn([4, 2]))
    const { model: fused, folded } = fuse(settled(model))
    expect(folded).toEqual([{ norm: 'dict.b', layer: 'dict.a' }])
    expect(Object.keys(fused.stateDict())).toEqual(['dict.a.weight', 'dict.a.bias', 'scales.0'])
    expect(fused.scales.at(0)).not.toBe(model.scales.at(0))
    expect(difference(model, fused, [5, 2])).toBeLessThan(1e-5)
  })

  it('shares what has private fields and no state, since there is nothing to copy', () => {
    class Times extends nn.Module {
      readonly #factor = 2
      override forward(input: Tensor): Tensor {
        return input.mul(this.#factor)
      }
    }
    const model = settled(new Sequential(new Linear(3, 3), new BatchNorm1d(3), new Times()))
    const { model: fused } = fuse(model)
    expect(fused.at(2)).toBe(model.at(2))
    expect(difference(model, fused, [4, 3])).toBeLessThan(1e-5)
  })

  it('refuses a model of which any part is in training mode', () => {
    const why =
      'call model.eval() first: in training batch norm uses the statistics of the batch, which no weight can hold'
    throws(
      () => fuse(new TinyResNet()),
      StateError,
      `fuse: expected a model in evaluation mode, got TinyResNet in training; ${why}`,
    )
    const model = new TinyResNet().eval()
    model.bn2.train()
    throws(
      () => fuse(model),
      StateError,
      `fuse: expected a model in evaluation mode, got bn2 (BatchNorm2d) in training; ${why}`,
    )
  })

  it('refuses what it cannot copy or follow', () => {
    class Private extends nn.Module {
      weight = new nn.Parameter(randn([2]))
      readonly #scale = 2
      override forward(input: Tensor): Tensor {
        return input.mul(this.weight).mul(this.#scale)
      }
    }
    throws(
      () => fuse(new Sequential(new Private()).eval()),
      StateError,
      'fuse: expected modules that can be copied, got Private with private # fields, which JavaScript does not let ' +
        "anyone copy; write them as TypeScript's private fields",
    )
    throws(
      () => fuse(new Linear(3, 2).eval(), { inputShape: [1, 2] }),
      ShapeError,
      'fuse: at Linear: linear: expected the last dimension of input to equal weight.shape[1] (3), got 2; ' +
        'input [1, 2], weight [2, 3]',
    )
    throws(
      () => fuse(new Linear(3, 2).eval(), { inplace: true } as never),
      RangeError,
      'fuse: expected options inputShape, got "inplace"',
    )
    throws(
      () => fuse(new nn.LazyLinear(2).eval()),
      StateError,
      'fuse: weight of LazyLinear is not materialised yet; run one forward pass first to infer its shape',
    )
  })
})
