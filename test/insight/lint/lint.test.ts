import { describe, expect, it } from 'vitest'
import {
  functional as F,
  Finding,
  getGeneratorState,
  type LintOptions,
  lint,
  lintRules,
  nn,
  optim,
  RangeError,
  StateError,
  type Tensor,
} from '../../../lib/index.ts'
import { throws } from '../../util/throws.ts'
import { TinyResNet } from '../models.ts'
import { type Example, examples } from './examples.ts'

const { BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential } = nn

function findings({ model, options = {} }: Example): Finding[] {
  return lint(model, { inputShape: [2, 3, 16, 16], ...options })
}

/** The findings of one rule, as path and reason. */
function only(rule: string, example: Example): [string, string][] {
  return findings(example).flatMap((one) => (one.rule === rule ? [[one.path, one.why]] : []))
}

const images = (...modules: nn.Module[]): Example => ({ model: new Sequential(...modules) })
const rules = (model: nn.Module, options: LintOptions): string[] => lint(model, options).map(({ rule }) => rule)

describe.each(lintRules)('%s', (rule) => {
  it('objects to its example', () => {
    const { fails, path, why } = examples[rule]
    expect(only(rule, fails())).toEqual([[path, why]])
    const finding = findings(fails()).find((one) => one.rule === rule) as Finding
    expect(['error', 'warning', 'info']).toContain(finding.severity)
    for (const text of [finding.cure, finding.source]) expect(text.length).toBeGreaterThan(5)
    for (const text of [finding.cure, finding.why]) expect(text).toMatch(/\.$/)
    const { model, options } = fails()
    expect(only(rule, { model, options: { ...options, silence: [rule] } })).toEqual([])
  })
  it('passes its other example', () => {
    expect(only(rule, examples[rule].passes())).toEqual([])
  })
})

it('has an example for every rule and no others', () => {
  expect(Object.keys(examples).sort()).toEqual([...lintRules].sort())
  expect(new Set(lintRules).size).toBe(lintRules.length)
})

describe('rules in detail', () => {
  it('missing-nonlinearity lets factorised layers be', () => {
    const channels = (...modules: nn.Module[]) => only('missing-nonlinearity', images(...modules))
    expect(channels(new nn.DepthwiseSeparableConv2d(3, 8, 3))).toEqual([])
    expect(channels(new nn.SpatiallySeparableConv2d(3, 8, 3))).toEqual([])
    // A bottleneck of rank 2.
    expect(channels(new Conv2d(3, 2, 1), new Conv2d(2, 8, 1))).toEqual([])
    expect(channels(new Conv2d(3, 8, 3), new MaxPool2d(2), new Conv2d(8, 8, 3))).toEqual([])
    expect(channels(new Conv2d(3, 8, 3), new BatchNorm2d(8), new Conv2d(8, 8, 3)).map(([path]) => path)).toEqual(['2'])
    const inputShape = [2, 8]
    const narrow = { model: new Sequential(new Linear(8, 2), new Linear(2, 8)), options: { inputShape } }
    expect(only('missing-nonlinearity', narrow)).toEqual([])
  })
  it('missing-nonlinearity lets layers be whose output is read elsewhere too', () => {
    expect(only('missing-nonlinearity', images(new Conv2d(3, 4, 3), new nn.SqueezeExcitation(4, 4)))).toEqual([])
  })
  it('saturating-stack does not count gates', () => {
    class Gated extends nn.Module {
      fc = new Linear(8, 8)
      override forward(input: Tensor): Tensor {
        return input.mul(this.fc.forward(input).sigmoid()).relu()
      }
    }
    const model = new Sequential(...Array.from({ length: 8 }, () => new Gated()))
    expect(only('saturating-stack', { model, options: { inputShape: [2, 8] } })).toEqual([])
  })
  it('residual-shapes names branches that do not fit at all', () => {
    class Wrong extends nn.Module {
      conv = new Conv2d(3, 8, 3, { stride: 2, padding: 1 })
      override forward(input: Tensor): Tensor {
        return this.conv.forward(input).add(input)
      }
    }
    const found = findings(images(new Wrong()))
    expect(found.map(({ rule, path, severity }) => [rule, path, severity])).toEqual([['residual-shapes', '0', 'error']])
    expect(found[0].why).toBe(
      'Branches that do not fit are added: add: expected sizes that agree or are 1 in dimension -3, got 8 and 3; ' +
        'shapes [2, 8, 8, 8], [2, 3, 16, 16].',
    )
  })
  it('even-kernel sees paddings that nearly keep the size, and lets strides be', () => {
    const even = (size: number, options: object) => only('even-kernel', images(new Conv2d(3, 4, size, options)))
    expect(even(2, { padding: 1 })).toEqual([
      ['0', 'A window of 2x2 has no middle, so padding it to keep the size changes the size from 16 to 17.'],
    ])
    expect(even(4, { stride: 2, padding: 1 })).toEqual([])
    expect(even(2, {})).toEqual([])
    expect(only('even-kernel', images(new nn.ConvTranspose2d(3, 4, 4, { stride: 2, padding: 1 })))).toEqual([])
  })
  it('receptive-field-large follows the shortest way, past residual branches', () => {
    const blocks = Array.from({ length: 20 }, () => new nn.ResidualBlock(3, 3))
    expect(only('receptive-field-large', images(...blocks))).toEqual([])
  })
  it('receptive-field-small lets gates be', () => {
    class Gated extends nn.Module {
      conv = new Conv2d(3, 4, 3, { padding: 1 })
      gate = new Linear(4, 4)
      override forward(input: Tensor): Tensor {
        const maps = this.conv.forward(input)
        return maps.mul(
          this.gate
            .forward(maps.mean([2, 3]))
            .sigmoid()
            .reshape([2, 4, 1, 1]),
        )
      }
    }
    expect(only('receptive-field-small', images(new Gated()))).toEqual([])
  })
  it('dropout rules know functions and places', () => {
    class Functional extends nn.Module {
      conv = new Conv2d(3, 4, 3, { padding: 1 })
      fc = new Linear(4 * 256, 4)
      override forward(input: Tensor): Tensor {
        const maps = F.dropout(this.conv.forward(F.dropout(input, { p: 0.5 })).relu(), { p: 0.4 })
        return this.fc.forward(F.dropout(maps.flatten(1), { p: 1 }))
      }
    }
    expect(findings(images(new Functional())).map(({ rule, path, why }) => [rule, path, why])).toEqual([
      [
        'dropout-elementwise',
        '0',
        'Neighbours in a feature map are alike, so dropping single elements hides little and only lowers the learning rate.',
      ],
      ['dropout-rate', '0', 'A rate of 0.5 on the input is above the usual 0.3.'],
      ['dropout-rate', '0', 'A rate of 0.4 on feature maps is above the usual 0.3.'],
      ['dropout-rate', '0', 'A rate of 1 on a fully connected layer is above the usual 0.6.'],
    ])
    const idle = { model: new Sequential(new Linear(8, 4), new Dropout({ p: 0 })), options: { inputShape: [2, 8] } }
    expect(only('dropout-rate', idle)).toEqual([['1', 'A rate of 0 drops nothing.']])
  })
  it('norm-after-activation lets the first norm behind a pooled stem be', () => {
    const stem = [new Conv2d(3, 4, 3), new ReLU(), new MaxPool2d(2), new BatchNorm2d(4)]
    expect(only('norm-after-activation', images(...stem))).toEqual([])
  })
  it('bias-before-norm lets convolutions be whose output goes elsewhere too', () => {
    class Both extends nn.Module {
      conv = new Conv2d(3, 3, 3, { padding: 1 })
      norm = new BatchNorm2d(3)
      override forward(input: Tensor): Tensor {
        const maps = this.conv.forward(input)
        return this.norm.forward(maps).add(maps)
      }
    }
    expect(only('bias-before-norm', images(new Both()))).toEqual([])
  })
  it('mixed-modes reports the outermost module, both ways, and training what is in evaluation', () => {
    const inner = new Sequential(new Linear(8, 8), new Dropout())
    const model = new Sequential(inner, new ReLU(), new Linear(8, 4))
    const options = { inputShape: [2, 8] }
    inner.eval()
    expect(only('mixed-modes', { model, options })).toEqual([
      ['0', 'Sequential is in evaluation mode while the model is in training mode.'],
    ])
    model.eval()
    inner.at(1)?.train()
    expect(only('mixed-modes', { model, options })).toEqual([
      ['0.1', 'Dropout is in training mode while the model is in evaluation mode.'],
    ])
    model.eval()
    expect(only('mixed-modes', { model, options })).toEqual([])
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    expect(only('mixed-modes', { model, options: { ...options, optimizer } })).toEqual([
      ['', 'The model is in evaluation mode, though there is an optimizer to train it.'],
    ])
  })
})

describe('lint', () => {
  it('follows a single image as two where batch norm wants several', () => {
    const model = new Sequential(new Flatten(), new Linear(8, 8), new nn.BatchNorm1d(8), new ReLU(), new Linear(8, 4))
    expect(rules(model, { inputShape: [1, 8] })).toEqual([])
  })
  it('works inside modules of one’s own and changes nothing', () => {
    const model = new TinyResNet()
    const state = () => Object.values(model.stateDict()).map((value) => value.toArray())
    const before = [state(), getGeneratorState()]
    // Five of sixteen: more than a quarter.
    expect(rules(model, { inputShape: [2, 3, 16, 16] })).toEqual([])
    expect(rules(model, { inputShape: [2, 3, 32, 32] })).toEqual(['receptive-field-small'])
    model.eval()
    lint(model, { inputShape: [1, 3, 16, 16] })
    expect([state(), getGeneratorState()]).toEqual(before)
    expect([...model.modules()].some(({ training }) => training)).toBe(false)
  })
  it('prints findings with everything that is known', () => {
    const [finding] = findings(images(new Conv2d(3, 4, 3), new BatchNorm2d(4)))
    expect(finding).toBeInstanceOf(Finding)
    expect(String(finding)).toBe(
      "info bias-before-norm at 0: batchNorm subtracts the mean, and the convolution's bias with it. " +
        'Give the convolution bias: false. (Ioffe and Szegedy, Batch Normalization, 2015, section 3.2)',
    )
    const model = new Linear(8, 4).eval()
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    expect(String(lint(model, { inputShape: [2, 8], optimizer })[0])).toMatch(/^warning mixed-modes at the model: /)
  })
  it('heeds exceptions that are declared for a module or one around it', () => {
    const model = new Sequential(new Conv2d(3, 4, 3), new BatchNorm2d(4), new ReLU(), new MaxPool2d(2))
    expect(rules(model, { inputShape: [2, 3, 8, 8] })).toEqual(['bias-before-norm'])
    expect(nn.silenceLint(model, 'dropout-early', 'another rule')).toBe(model)
    expect(rules(model, { inputShape: [2, 3, 8, 8] })).toEqual(['bias-before-norm'])
    nn.silenceLint(model, 'bias-before-norm', 'as published')
    expect(rules(model, { inputShape: [2, 3, 8, 8] })).toEqual([])
    throws(
      () => nn.silenceLint(model, 'even-kernel', ' '),
      RangeError,
      'silenceLint: expected a reason why "even-kernel" does not apply',
    )
  })
  it('refuses what it does not know', () => {
    const model = new Linear(8, 4)
    throws(
      () => lint(model, { inputShape: [2, 8], silence: ['no-such-rule'] }),
      RangeError,
      `lint: expected rules to silence among ${lintRules.join(', ')}, got "no-such-rule"`,
    )
    throws(
      () => lint(model, { inputShape: [2, 8], loss: 'mse' } as never),
      RangeError,
      'lint: expected options inputShape, optimizer, batchSize, silence, got "loss"',
    )
    throws(
      () => lint(model, { inputShape: [2, 8], batchSize: 0 }),
      RangeError,
      'lint: expected batchSize to be an integer of at least 1, got 0',
    )
    throws(
      () => lint(new nn.LazyLinear(3), { inputShape: [2, 8] }),
      StateError,
      'lint: weight of LazyLinear is not materialised yet; run one forward pass first to infer its shape',
    )
  })
})
