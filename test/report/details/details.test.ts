import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import {
  DetailsCallback,
  type data,
  functional as F,
  type FitOptions,
  fit,
  nn,
  noGrad,
  optim,
  type Tensor,
} from '../../../lib/index.ts'
import type { PictureData, RunDetails } from '../../../lib/train/details.ts'
import { bitsOf, problem } from '../../train/problem.ts'
import { imageProblem } from '../problem.ts'

const pixelsOf = ({ url }: PictureData) => decode(Buffer.from(url.replace('data:image/png;base64,', ''), 'base64'))

async function detailed(options: Partial<FitOptions> = {}) {
  const made = imageProblem('digits', options)
  const run = await fit(made.model, { ...made.settings, details: made.moments })
  return { ...made, run, details: run.details as RunDetails }
}

describe('details of a run', () => {
  it('change no bit of the training, whenever they are gathered', async () => {
    const plain = imageProblem('digits')
    const bare = await fit(plain.model, plain.settings)
    for (const live of [false, true]) {
      const watched = imageProblem('digits')
      // The training data themselves, whose order and augmentation go on with every loop.
      const run = await fit(watched.model, { ...watched.settings, details: { live, data: watched.train } })
      expect(bitsOf(watched.model)).toEqual(bitsOf(plain.model))
      expect(run.steps).toEqual(bare.steps)
    }
  })

  it('are plain JSON, and go on in a resumed run', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'strided-details-'))
    await detailed({ epochs: 1, checkpoints: dir })
    const { run, details } = await detailed({ epochs: 2, checkpoints: dir, resume: true })
    rmSync(dir, { recursive: true })
    expect(JSON.parse(JSON.stringify(run))).toEqual(run)
    expect(details.weights.map(({ name, moments }) => [name, ...moments.map(({ epoch }) => epoch)])).toEqual([
      ['0.weight', 0, 1, 2],
      ['3.weight', 0, 1, 2],
      ['7.weight', 0, 1, 2],
    ])
    expect(details.filters?.moments.map(({ epoch }) => epoch)).toEqual([0, 1, 2])
  })

  it('measure weights as they are', async () => {
    const { model, details } = await detailed()
    const weight = (model.stateDict()['3.weight'] as Tensor).toTypedArray() as Float32Array
    const { low, high, counts, norm, filterNorms } = details.weights[1].moments[2]
    expect([low, high]).toEqual([Math.min(...weight), Math.max(...weight)])
    expect(counts.reduce((sum, count) => sum + count)).toBe(weight.length)
    const part = (high - low) / counts.length
    expect(counts[10]).toBe([...weight].filter((one) => one >= low + 10 * part && one < low + 11 * part).length)
    expect(norm).toBeCloseTo(Math.hypot(...weight), 10)
    const norms = Array.from({ length: 12 }, (_, o) => Math.hypot(...weight.subarray(o * 72, (o + 1) * 72))).sort(
      (a, b) => a - b,
    )
    expect(filterNorms[0]).toBeCloseTo(norms[0], 10)
    expect(filterNorms[1]).toBeCloseTo(norms[6], 10)
    expect(filterNorms[2]).toBeCloseTo(norms[11], 10)
  })

  it('show the weight decay: without gradients filters shrink by its factor', async () => {
    const { model, settings } = imageProblem('digits', { epochs: 1 })
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, weightDecay: 0.5 })
    const loss = (output: Tensor, target: Tensor) => F.crossEntropy(output, target).mul(0)
    const run = await fit(model, { ...settings, optimizer, loss, details: true })
    const [before, after] = (run.details as RunDetails).weights[0].moments
    expect(after.norm / before.norm).toBeCloseTo(0.95 ** 10, 5)
  })

  it('agree with the metric about confusions, and name the worst mistakes with their pictures', async () => {
    const { model, run, details, validation } = await detailed()
    const { confusion, samples, mistakes, epoch } = details.answers!
    expect([samples, epoch]).toEqual([120, 2])
    expect(confusion).toEqual(run.history[1].validation?.metrics.confusionMatrix)
    const wrong = confusion.flat().reduce((sum, n) => sum + n) - confusion.reduce((sum, row, c) => sum + row[c], 0)
    expect(mistakes.length).toBe(Math.min(24, wrong))
    const set = validation.dataset as data.SyntheticDigits
    const losses: number[] = []
    for (const { index, right, given, loss, givenShare, rightShare, picture } of mistakes) {
      expect(right).toBe(set.labels[index])
      const [input, target] = set.getBatch(Int32Array.of(index))
      const output = noGrad(() => model.forward(input)) as Tensor
      expect(loss).toBeCloseTo(Number(F.crossEntropy(output, target).item()), 4)
      const shares = F.softmax(output, 1).toTypedArray() as Float32Array
      expect([givenShare, rightShare]).toEqual([expect.closeTo(shares[given], 5), expect.closeTo(shares[right], 5)])
      expect(given).not.toBe(right)
      // Black and white are the pixels that 0 and 255 were before they were standardised.
      const levels = Array.from(input.toTypedArray() as Float32Array, (value) =>
        Math.abs(Math.round((value * 0.3 + 0.1) * 255)),
      )
      expect([...pixelsOf(picture!).data]).toEqual(levels)
      losses.push(loss)
    }
    expect(losses).toEqual([...losses].sort((a, b) => b - a))
  })

  it('hold the sample and its maps, layer by layer', async () => {
    const { maps } = (await detailed()).details
    expect(maps?.layers.map(({ path, type, shape, shown }) => [path, type, ...shape, shown])).toEqual([
      ['2', 'ReLU', 8, 14, 14, 8],
      ['4', 'ReLU', 12, 14, 14, 12],
    ])
    expect(pixelsOf(maps!.picture!)).toMatchObject({ width: 28, height: 28, channels: 1 })
    expect(pixelsOf(maps!.layers[0].picture)).toMatchObject({ width: 8 * 15 + 1, height: 16 })
  })

  it('describe the model once its input is known, and what lint says of it', async () => {
    const { details } = await detailed()
    expect(details.layers?.map(({ path, output, parameters }) => [path, output, parameters]).slice(0, 2)).toEqual([
      ['', '[32, 10]', 0],
      ['0', '[32, 8, 14, 14]', 208],
    ])
    expect(details.totals[0]).toBe('3,030 parameters, of which 3,030 are trained')
    expect(details.findings.map(({ rule }) => rule)).toContain('bias-before-norm')
  })

  it('leave out what a model has not: classes, images, convolutions', async () => {
    const { model, settings } = problem({ loss: (output) => output.mul(output).mean() })
    const scores = new nn.Sequential(model, new nn.Linear(4, 4), new nn.Unflatten(1, [2, 2]))
    const optimizer = new optim.SGD(scores.parameters(), { lr: 0.01 })
    const run = await fit(scores, { ...settings, optimizer, details: true } as FitOptions)
    expect(run.details).toMatchObject({ filters: null, maps: null, answers: null })
    expect(run.details?.weights.length).toBe(3)
  })

  it('keep at most sixty moments of a weight, the first and the last among them', async () => {
    const { model, settings } = problem({ epochs: 70 }, { size: 16 })
    const run = await fit(model, { ...settings, details: true } as FitOptions)
    const epochs = (run.details as RunDetails).weights[0].moments.map(({ epoch }) => epoch)
    expect(epochs.length).toBeLessThanOrEqual(60)
    expect([epochs[0], epochs.at(-1)]).toEqual([0, 70])
    expect(epochs).toEqual([...epochs].sort((a, b) => a - b))
  })

  it('refuse options that make no sense', () => {
    expect(() => new DetailsCallback({ samples: 0 })).toThrow(
      'DetailsCallback: expected samples to be an integer of at least 1, got 0',
    )
    expect(() => new DetailsCallback({ sample: 3 } as object)).toThrow(
      'DetailsCallback: expected options data, classNames, mean, std, samples, live, got "sample"',
    )
  })
})
