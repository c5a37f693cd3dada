import { describe, expect, it } from 'vitest'
import * as batchNormModes from '../../examples/batch_norm_modes.ts'
import * as channelDropout from '../../examples/channel_dropout.ts'
import * as depthwiseSeparable from '../../examples/depthwise_separable.ts'
import * as lossLandscape from '../../examples/loss_landscape.ts'
import * as normOrder from '../../examples/norm_order.ts'
import * as normStatistics from '../../examples/norm_statistics.ts'
import * as overfitting from '../../examples/overfitting.ts'
import * as residualDepth from '../../examples/residual_depth.ts'
import * as smallBatches from '../../examples/small_batches.ts'
import { toSvg } from '../../examples/support/figure.ts'
import type { Lesson } from '../../examples/support/lesson.ts'
import * as vanishingGradients from '../../examples/vanishing_gradients.ts'
import * as weightDecay from '../../examples/weight_decay.ts'

/** Every lesson says one sentence and draws a figure of finite numbers in which all its names can be read. */
function checkTelling({ sentence, figure }: Lesson): void {
  expect(sentence).toMatch(/^[A-Z].*\d.*[^.]\.$/)
  expect(sentence).not.toMatch(/NaN|Infinity|undefined|\.\s+[A-Z]/)
  const svg = toSvg(figure)
  expect(svg).toMatch(/^<svg [\s\S]*<\/svg>$/)
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  for (const panel of figure.panels) {
    expect(svg).toContain(panel.title.replaceAll('&', '&amp;'))
    if ('lines' in panel) for (const name of Object.keys(panel.lines)) expect(svg).toContain(name)
  }
}

describe('examples', () => {
  it('norm_statistics: batch norm evens out columns, layer norm rows', () => {
    const lesson = normStatistics.run()
    checkTelling(lesson)
    expect(lesson.batch.columns).toBeLessThan(1e-6)
    expect(lesson.batch.rows).toBeGreaterThan(0.1)
    expect(lesson.layer.rows).toBeLessThan(1e-6)
    expect(lesson.layer.columns).toBeGreaterThan(0.5)
  })

  it('batch_norm_modes: the outputs come together, and neighbours matter in training only', () => {
    const lesson = batchNormModes.run()
    checkTelling(lesson)
    expect(lesson.before).toBeGreaterThan(5)
    expect(lesson.after).toBeLessThan(0.2)
    expect(lesson.moved.training).toBeGreaterThan(0.5)
    expect(lesson.moved.evaluation).toBe(0)
  })

  it('vanishing_gradients: nothing reaches the first sigmoid layer, and much with each cure', async () => {
    const lesson = await vanishingGradients.run({ short: true })
    checkTelling(lesson)
    const { sigmoid, ...cured } = lesson.results
    expect(sigmoid.gradients[0]).toBeLessThan(1e-4)
    expect(sigmoid.accuracy).toBeLessThan(0.2)
    expect(Object.keys(cured)).toEqual(['initialization', 'ReLU', 'batch norm', 'skips'])
    for (const [name, { gradients }] of Object.entries(cured)) expect(gradients[0], name).toBeGreaterThan(1e-1)
    expect(Math.max(...Object.values(cured).map(({ accuracy }) => accuracy))).toBeGreaterThan(0.4)
  })

  it('norm_order: behind a norm lies mean 0, behind a ReLU none below 0, and both learn faster than neither', async () => {
    const lesson = await normOrder.run({ short: true })
    checkTelling(lesson)
    const { 'norm, then ReLU': before, 'ReLU, then norm': behind, 'no norm': none } = lesson.results
    expect(before.mean).toBeGreaterThan(0.2)
    expect(before.zeros).toBeGreaterThan(0.3)
    expect(Math.abs(behind.mean)).toBeLessThan(1e-4)
    expect(behind.std).toBeCloseTo(1, 2)
    for (const { accuracy } of [before, behind]) expect(accuracy[1]).toBeGreaterThan(none.accuracy[1] + 0.3)
  })

  it('small_batches: batch norm fails in batches of 2, group norm does not, and larger ones help batch norm', async () => {
    const lesson = await smallBatches.run({ short: true })
    checkTelling(lesson)
    const { batch, group } = lesson.accuracy
    expect(group[0]).toBeGreaterThan(batch[0] + 0.2)
    expect(batch.at(-1)).toBeGreaterThan(batch[0] + 0.2)
  })

  it('channel_dropout: what is left of the elements tells the map, channels are gone', async () => {
    const lesson = await channelDropout.run({ short: true })
    checkTelling(lesson)
    expect(lesson.elements.gone).toBe(0)
    expect(lesson.elements.recovered).toBeGreaterThan(0.8)
    expect(Math.abs(lesson.channels.gone - 0.5)).toBeLessThan(0.1)
    expect(lesson.channels.recovered).toBeLessThan(0.6)
  })

  it('weight_decay: filters stay smaller, and under batch norm the effective rate larger', async () => {
    const lesson = await weightDecay.run({ short: true })
    checkTelling(lesson)
    const last = (name: string, of: 'filters' | 'rates') => lesson.curves[name][of].at(-1)![1]
    expect(last('plain, decay', 'filters')).toBeLessThan(0.95 * last('plain, no decay', 'filters'))
    expect(last('batch norm, decay', 'filters')).toBeLessThan(0.95 * last('batch norm, no decay', 'filters'))
    expect(last('batch norm, decay', 'rates')).toBeGreaterThan(1.2 * last('batch norm, no decay', 'rates'))
    const [first] = lesson.curves['batch norm, no decay'].rates
    expect(last('batch norm, no decay', 'rates')).toBeLessThan(0.8 * first[1])
  })

  it('depthwise_separable: a fraction of parameters and work, and still learning', async () => {
    const lesson = await depthwiseSeparable.run({ short: true })
    checkTelling(lesson)
    const { full, separable } = lesson
    expect(separable.parameters).toBeLessThan(0.25 * full.parameters)
    expect(separable.macs).toBeLessThan(0.15 * full.macs)
    expect(separable.accuracy.at(-1)).toBeGreaterThan(0.5)
    expect(full.accuracy.at(-1)).toBeGreaterThan(separable.accuracy.at(-1)! - 0.05)
  })

  it('loss_landscape: the loss ranges less along the gradient with batch norm, noise behind it or not', () => {
    const lesson = lossLandscape.run({ short: true })
    checkTelling(lesson)
    const { 'no norm': none, 'batch norm': batch, 'noisy batch norm': noisy } = lesson.curves
    expect(batch.range).toBeLessThan(0.5 * none.range)
    expect(noisy.range).toBeLessThan(0.5 * none.range)
  })

  it('residual_depth: depth harms the plain network and not the residual one', async () => {
    const lesson = await residualDepth.run({ short: true })
    checkTelling(lesson)
    const { plain, residual } = lesson.accuracy
    expect(plain[1]).toBeLessThan(plain[0] - 0.2)
    expect(residual[1]).toBeGreaterThan(residual[0] - 0.05)
    expect(residual[1]).toBeGreaterThan(plain[1] + 0.3)
  })

  it('overfitting: learns by heart, is cured, and learns nothing through too much dropout', async () => {
    const lesson = await overfitting.run({ short: true })
    checkTelling(lesson)
    const { 'nothing done': nothing, '+ shifts': cured, 'dropout 0.99': collapsed } = lesson.results
    expect(nothing.train).toBe(1)
    expect(nothing.test).toBeLessThan(0.7)
    expect(cured.test).toBeGreaterThan(nothing.test + 0.1)
    expect(collapsed.train).toBeLessThan(0.4)
  })
})
