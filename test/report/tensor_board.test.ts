import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { afterAll, describe, expect, it } from 'vitest'
import { fit, TensorBoard } from '../../lib/index.ts'
import { bytesAt, eventsOf, type Fields, fieldsOf } from '../support/tensorboard_events.ts'
import { problem } from '../train/problem.ts'
import { imageProblem } from './problem.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-tensor-board-'))
afterAll(() => rmSync(dir, { recursive: true }))

interface Entry {
  tag: string
  step: number
  value: Fields
}

/** What an event file holds behind its first event, which is the format's version. */
function entriesOf(path: string): Entry[] {
  return eventsOf(path)
    .slice(1)
    .map((event) => {
      const value = fieldsOf(bytesAt(fieldsOf(bytesAt(event, 5)), 1))
      return { tag: bytesAt(value, 1).toString(), step: Number(event.get(2)?.[0] ?? 0n), value }
    })
}

const scalarsOf = (entries: Entry[], tag: string): [step: number, value: number][] =>
  entries.filter((one) => one.tag === tag).map(({ step, value }) => [step, bytesAt(value, 2).readFloatLE()])

describe('TensorBoard', () => {
  it('writes the curves, metrics, weights and filters of a run', async () => {
    const board = new TensorBoard(join(dir, 'images'), { every: 4 })
    expect(board.path).toBeNull()
    const { model, settings } = imageProblem('digits', { callbacks: [board] })
    const { history, steps } = await fit(model, settings)
    const entries = entriesOf(board.path as string)
    const points = [4, 8, 12, 16, 20]
    const float = Math.fround
    expect(scalarsOf(entries, 'step/loss')).toEqual(points.map((step) => [step, float(steps.loss[step - 1])]))
    expect(scalarsOf(entries, 'step/lr')).toEqual(points.map((step) => [step, float(0.05)]))
    expect(scalarsOf(entries, 'step/gradNorm')).toEqual(points.map((step) => [step, float(steps.gradNorm[step - 1])]))
    expect(scalarsOf(entries, 'loss/train')).toEqual(history.map(({ step, train }) => [step, float(train.loss)]))
    for (const which of ['train', 'validation'] as const) {
      const expected = history.map((epoch) => [epoch.step, float(epoch[which]?.metrics.accuracy as number)])
      expect(scalarsOf(entries, `accuracy/${which}`)).toEqual(expected)
    }
    const others = entries.filter(({ value }) => !value.has(2))
    expect(others.map(({ tag, step }) => `${tag} ${step}`)).toEqual(
      [0, 10, 20].flatMap((step) =>
        ['weights/0.weight', 'weights/3.weight', 'weights/7.weight', 'filters/0.weight'].map((tag) => `${tag} ${step}`),
      ),
    )
    const picture = fieldsOf(bytesAt(others[3].value, 4))
    const png = decode(bytesAt(picture, 4))
    expect([png.width, png.height]).toEqual([Number(picture.get(2)?.[0]), Number(picture.get(1)?.[0])])
    expect(new Set(png.data).size).toBeGreaterThan(20)
  })

  it('leaves out what was not asked for or is not there', async () => {
    const board = new TensorBoard(join(dir, 'points'), { histograms: false, images: false })
    const { model, settings } = problem({ epochs: 1, callbacks: [board] })
    delete settings.validation
    await fit(model, settings)
    expect([...new Set(entriesOf(board.path as string).map(({ tag }) => tag))]).toEqual(['loss/train'])
  })

  it('refuses options and folders that make no sense', async () => {
    expect(() => new TensorBoard(dir, { every: 0 })).toThrow(
      'TensorBoard: expected every to be an integer of at least 1, got 0',
    )
    expect(() => new TensorBoard(dir, { steps: 5 } as object)).toThrow(
      'TensorBoard: expected options every, histograms, images, got "steps"',
    )
    const board = new TensorBoard(join(import.meta.filename, 'runs'))
    const { model, settings } = problem({ epochs: 1, callbacks: [board] })
    await expect(fit(model, settings)).rejects.toThrow('SummaryWriter: cannot make the folder (ENOTDIR); ')
  })
})
