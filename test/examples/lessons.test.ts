import { describe, expect, it } from 'vitest'
import * as batchNormModes from '../../examples/batch_norm_modes.ts'
import * as normStatistics from '../../examples/norm_statistics.ts'
import { toSvg } from '../../examples/support/figure.ts'
import type { Lesson } from '../../examples/support/lesson.ts'
import * as vanishingGradients from '../../examples/vanishing_gradients.ts'

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
})
