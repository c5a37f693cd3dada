import { describe, expect, it } from 'vitest'
import { data, functional as F, fit, manualSeed, nn, optim, randint, randn } from '../../lib/index.ts'
import type { FitOptions } from '../../lib/train/index.ts'
import { problem } from './problem.ts'

const written: string[] = []
const output = { write: (text: string) => written.push(text) }

/** Noise with random labels, which can only be learned by heart. */
function noise(count: number): data.TensorDataset {
  return new data.TensorDataset([randn([count, 1, 8, 8]), randint(0, 4, [count])])
}

function memorise(model: nn.Module, options: Partial<FitOptions> = {}) {
  manualSeed(1)
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
  const train = new data.DataLoader(noise(64), { batchSize: 16, shuffle: true })
  const validation = new data.DataLoader(noise(64), { batchSize: 64 })
  const settings = { train, validation, optimizer, loss: F.crossEntropy, epochs: 12, metrics: ['accuracy'] as const }
  return fit(model, { ...settings, verbose: false, ...options })
}

describe('the verdict', () => {
  it('names the epoch since which a model learns by heart, and what helps this model', async () => {
    manualSeed(2)
    const model = new nn.Sequential(
      new nn.Conv2d(1, 8, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(512, 64),
      new nn.ReLU(),
      new nn.Linear(64, 4),
    )
    const { verdict } = await memorise(model, { verbose: output })
    expect(verdict).toMatchObject({ kind: 'overfits' })
    expect(verdict!.since).toBeGreaterThan(0)
    const kinds = verdict!.remedies.map((remedy) => remedy.split(/[:.]/)[0])
    expect(kinds).toEqual([
      'Batch normalization',
      'Narrower fully connected layers',
      'Selective dropout',
      'Augmentation',
      'Early stopping',
    ])
    expect(verdict!.text).toMatch(
      /^The model overfits since epoch \d+: .*\. What should help, in this order:\n {2}1\. Batch/,
    )
    expect(written.at(-1)).toBe(`${verdict!.text}\n`)
  })

  it('leaves out what the model has already', async () => {
    manualSeed(2)
    const model = new nn.Sequential(
      ...[new nn.Conv2d(1, 8, 3, { padding: 1 }), new nn.BatchNorm2d(8), new nn.ReLU(), new nn.GlobalAvgPool()],
      ...[new nn.Flatten(), new nn.Linear(8, 256), new nn.ReLU(), new nn.Dropout({ p: 0.3 }), new nn.Linear(256, 64)],
      ...[new nn.ReLU(), new nn.Linear(64, 4)],
    )
    const { verdict } = await memorise(model, { epochs: 60, earlyStopping: { patience: 60 } })
    expect(verdict?.kind).toBe('overfits')
    expect(verdict!.remedies.map((remedy) => remedy.split(':')[0].split('.')[0])).toEqual([
      ...['Narrower fully connected layers', 'Augmentation'],
    ])
  })

  it('advises a model that underfits', async () => {
    const { model, settings } = problem({ epochs: 3 }, { lr: 1e-5 })
    const { verdict } = await fit(model, settings)
    expect(verdict?.kind).toBe('underfits')
    expect(verdict!.remedies.join(' ')).toMatch(/Another learning rate than 0.00001|Another learning rate than 1e-5/)
    expect(verdict!.remedies.at(-1)).toBe('A larger model: this one has 148 parameters.')
  })

  it('is glad where all is well', async () => {
    const { model, settings } = problem({ epochs: 12 }, { size: 960 })
    const { verdict } = await fit(model, settings)
    expect(verdict?.kind).toBe('fits')
    expect(verdict!.text).toMatch(/^The model fits: training loss \d\.\d{4}, validation loss \d\.\d{4}/)
  })
})
