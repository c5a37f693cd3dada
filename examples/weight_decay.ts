// Weight decay on and off: the size of the filters over time, and with batch norm the effective learning rate.
//
//   npm run example weight_decay
//
// Without batch norm, decay keeps filters small, which is what it is for. With batch norm the size of the filters no longer
// matters to the output, only their direction does, and a step turns a small filter further than a large one: by lr / |filter|^2.
// Look at the right panel: without decay the filters grow and the network slows down by itself; decay holds the rate up.
import { functional as F, fit, health, manualSeed, models, nn, optim } from '../lib/index.ts'
import type { Lesson, LessonOptions } from './support/lesson.ts'
import { digits } from './support/training.ts'

interface Curve {
  /** Norm of the second convolution's filters, from the first measured step to the last. */
  filters: [step: number, norm: number][]
  /** `lr / norm²`, where batch norm makes the filters free of scale. */
  rates: [step: number, rate: number][]
}

const DECAY = 0.02

export async function run({ short = false }: LessonOptions = {}): Promise<Lesson & { curves: Record<string, Curve> }> {
  const [source, epochs] = short ? [digits(1500), 2] : [digits(6000), 4]
  const curves: Record<string, Curve> = {}
  for (const norm of ['plain', 'batch norm']) {
    for (const weightDecay of [0, DECAY]) {
      manualSeed(0)
      const model = models.bnLeNet(norm === 'plain' ? { normLayer: () => new nn.Identity() } : {})
      const optimizer = new optim.SGD(optim.decayGroups(model, { weightDecay }), { lr: 0.02, momentum: 0.9 })
      const monitor = health(model, { optimizer, every: 5 })
      const [, [path]] = [...model.namedModules()].filter(([, module]) => module instanceof nn.Conv2d)
      const curve: Curve = { filters: [], rates: [] }
      const onStep = ({ step }: { step: number }): void => {
        if (monitor.last === null || monitor.last.step === curve.filters.at(-1)?.[0]) return
        const { weightNorm, effectiveLearningRate } = monitor.last.layers.find((layer) => layer.path === path)!
        curve.filters.push([step, weightNorm!])
        if (effectiveLearningRate !== null) curve.rates.push([step, effectiveLearningRate])
      }
      const quiet = { gradNorms: false, verbose: false }
      await fit(model, { ...source, loss: F.crossEntropy, optimizer, epochs, callbacks: [{ onStep }], ...quiet })
      monitor.detach()
      curves[`${norm}, ${weightDecay === 0 ? 'no decay' : 'decay'}`] = curve
    }
  }
  const change = (name: string, of: keyof Curve): string =>
    `${curves[name][of][0][1].toPrecision(3)} to ${curves[name][of].at(-1)![1].toPrecision(3)}`
  const lines = (norm: string, of: keyof Curve): Record<string, [number, number][]> => ({
    'no decay': curves[`${norm}, no decay`][of],
    decay: curves[`${norm}, decay`][of],
  })
  return {
    curves,
    sentence:
      `The norm of the second convolution's filters went from ${change('plain, no decay', 'filters')} without weight decay and ` +
      `from ${change('plain, decay', 'filters')} with ${DECAY}; with batch norm the effective learning rate went from ` +
      `${change('batch norm, no decay', 'rates')} without decay and from ${change('batch norm, decay', 'rates')} with it.`,
    figure: {
      title: `Weight decay of ${DECAY} and none`,
      panels: [
        { title: 'Filters without a norm', x: 'step', y: 'norm of the filters', lines: lines('plain', 'filters') },
        {
          title: 'Filters under batch norm',
          x: 'step',
          y: 'norm of the filters',
          lines: lines('batch norm', 'filters'),
        },
        { title: 'Batch norm: effective rate', x: 'step', y: 'lr / norm²', lines: lines('batch norm', 'rates') },
      ],
    },
  }
}
