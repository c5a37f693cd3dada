import { describe, expect, it } from 'vitest'
import {
  type Callback,
  data,
  evaluate,
  functional as F,
  fit,
  manualSeed,
  nn,
  optim,
  type Tensor,
  tensor,
} from '../../lib/index.ts'
import { bitsOf, problem } from './problem.ts'

describe('fit', () => {
  it('does what a loop written by hand does, bit for bit', async () => {
    const byHand = problem()
    const { model, optimizer, settings } = byHand
    manualSeed(7)
    for (let epoch = 0; epoch < 3; epoch++) {
      model.train()
      for await (const [input, target] of settings.train as data.DataLoader) {
        optimizer.zeroGrad()
        F.crossEntropy(model.forward(input), target).backward()
        optim.clipGradNorm(model.parameters(), 0.5)
        optimizer.step()
      }
    }
    const fitted = problem({ clipGradNorm: 0.5, metrics: ['accuracy'] })
    const run = await fit(fitted.model, fitted.settings)
    expect(bitsOf(fitted.model)).toEqual(bitsOf(model))
    expect(run.outcome).toBe('finished')
    expect(fitted.model.training).toBe(false)
  })

  it('tells the story of the run as plain data', async () => {
    const { model, settings, optimizer } = problem({ metrics: ['accuracy', 'confusionMatrix'], epochs: 4 })
    const scheduler = new optim.StepLR(optimizer, 2, { gamma: 0.5 })
    const run = await fit(model, { ...settings, scheduler })
    expect(JSON.parse(JSON.stringify(run))).toEqual(run)
    expect(run).toMatchObject({
      version: 1,
      model: { name: 'Sequential', parameters: 2 * 16 + 16 + 32 + 64 + 4 },
      optimizer: { name: 'SGD', groups: [{ lr: 0.1, momentum: 0.9, params: 6 }] },
      inputShape: [16, 2],
      batches: { train: 6, validation: 3 },
      ...{ seed: 7, epochs: 4, monitor: { name: 'loss', mode: 'min' } },
    })
    expect(run.history.map(({ epoch, step, lr }) => [epoch, step, ...lr])).toEqual([
      [1, 6, 0.1],
      [2, 12, 0.1],
      [3, 18, 0.05],
      [4, 24, 0.05],
    ])
    expect([run.steps.loss, run.steps.lr, run.steps.gradNorm].map(({ length }) => length)).toEqual([24, 24, 24])
    expect(run.steps.lr[12]).toBe(0.05)
    const [first, , , last] = run.history
    expect(last.train.loss).toBeLessThan(first.train.loss / 2)
    const mean = run.steps.gradNorm.slice(18).reduce((sum, norm) => sum + norm) / 6
    expect(last.gradNorm).toBeCloseTo(mean, 10)
    // Batches are of one size, so the epoch's loss is the mean of those of its steps.
    expect(last.train.loss).toBeCloseTo(run.steps.loss.slice(18).reduce((sum, loss) => sum + loss) / 6, 10)
    const matrix = last.validation?.metrics.confusionMatrix as number[][]
    expect(matrix.flat().reduce((sum, count) => sum + count)).toBe(40)
    const right = matrix.reduce((sum, row, i) => sum + row[i], 0)
    expect(last.validation?.metrics.accuracy).toBe(right / 40)
    const again = await evaluate(model, settings.validation!, { loss: F.crossEntropy, metrics: ['accuracy'] })
    expect(again).toEqual({ loss: last.validation?.loss, metrics: { accuracy: right / 40 } })
    expect(run.best?.epoch).toBe(run.history.findLast(({ improved }) => improved)?.epoch)
  })

  it('puts the model into the mode that training needs, whatever a callback does', async () => {
    const { model, settings } = problem({ epochs: 2 })
    const modes: boolean[] = []
    model.registerForwardHook((module) => {
      modes.push(module.training)
      return undefined
    })
    const meddle: Callback = {
      onStep: (_, { model }) => {
        model.eval()
      },
      onEpochEnd: (_, { model }) => {
        model.eval()
      },
    }
    await fit(model.eval(), { ...settings, callbacks: [meddle] })
    const epoch = [...new Array(6).fill(true), ...new Array(3).fill(false)]
    // Behind the run lint follows a forward on shapes alone.
    expect(modes.slice(0, 18)).toEqual([...epoch, ...epoch])
  })

  it('adds up the gradients of several batches as if they were one', async () => {
    const train = async (batchSize: number, accumulate: number) => {
      const { settings } = problem()
      // Without batch norm and dropout, which look at the batch.
      const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 4))
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.5 })
      const { dataset } = settings.train as data.DataLoader
      const loader = new data.DataLoader(dataset, { batchSize, shuffle: true, seed: 1 })
      const run = await fit(model, { ...settings, train: loader, optimizer, accumulate, validation: null })
      return { run, weights: [...model.parameters()].flatMap((one) => [...one.toTypedArray()]).map(Number) }
    }
    // 96 samples make a step of 80 and one of 16; in parts, of five times 16 and of 16.
    const whole = await train(80, 1)
    const parts = await train(16, 5)
    expect(parts.run.steps.loss.length).toBe(6)
    parts.run.steps.loss.forEach((loss, i) => {
      expect(loss).toBeCloseTo(whole.run.steps.loss[i], 5)
    })
    parts.weights.forEach((weight, i) => {
      expect(weight).toBeCloseTo(whole.weights[i], 5)
    })
    expect(parts.run.history[2].train.loss).toBeCloseTo(whole.run.history[2].train.loss, 5)
  })

  it('calls callbacks in order and stops when one asks for it', async () => {
    const { model, settings } = problem({ epochs: 5 })
    const calls: string[] = []
    const callback: Callback = {
      onRunStart: ({ run }) => void calls.push(`start ${run.outcome}`),
      onStep: async ({ step, batch, batches, samples }) => {
        await null
        if (step < 3) calls.push(`step ${step}, ${batch}/${batches}, ${samples} samples`)
      },
      onEpochEnd: ({ epoch }, context) => {
        calls.push(`epoch ${epoch}`)
        if (epoch === 2) context.stop()
      },
      onRunEnd: ({ run }) => void calls.push(`end ${run.outcome}`),
    }
    const run = await fit(model, { ...settings, callbacks: [callback] })
    expect(calls).toEqual([
      ...['start running', 'step 1, 1/6, 16 samples', 'step 2, 2/6, 16 samples', 'epoch 1', 'epoch 2', 'end stopped'],
    ])
    expect(run.history.length).toBe(2)
  })

  it('stops within an epoch too', async () => {
    const { model, settings } = problem()
    const run = await fit(model, {
      ...settings,
      callbacks: [{ onStep: ({ step }, { stop }) => void (step === 8 && stop()) }],
    })
    expect([run.outcome, run.history.length, run.steps.loss.length]).toEqual(['stopped', 1, 8])
  })

  it('stops early and gives back the best weights', async () => {
    const { model, settings } = problem({ epochs: 50, metrics: ['accuracy'] }, { lr: 0.3 })
    const best: Record<number, Record<string, string>> = {}
    const watch: Callback = {
      onEpochEnd: ({ epoch }, { model }) => {
        best[epoch] = bitsOf(model)
      },
    }
    const options = { earlyStopping: { patience: 2, minDelta: 0.01 }, monitor: 'accuracy', callbacks: [watch] }
    const run = await fit(model, { ...settings, ...options })
    expect(run.outcome).toBe('early')
    expect(run.monitor).toEqual({ name: 'accuracy', mode: 'max' })
    expect(run.history.length).toBe(run.best!.epoch + 2)
    expect(bitsOf(model)).toEqual(best[run.best!.epoch])
    expect(bitsOf(model)).not.toEqual(best[run.history.length])
  })

  it('lets a plateau schedule see the monitored measure', async () => {
    const { model, settings, optimizer } = problem({ epochs: 6 }, { lr: 0 })
    optimizer.paramGroups[0].lr = 1e-12
    const scheduler = new optim.ReduceLROnPlateau(optimizer, { patience: 1, factor: 0.5, threshold: 0.5, eps: 0 })
    const run = await fit(model, { ...settings, scheduler })
    const rates = run.history.map(({ lr }) => lr[0] / 1e-12)
    expect(rates).toEqual([1, 1, 1, 0.5, 0.5, 0.25])
  })

  it('steps a schedule behind every step where asked', async () => {
    const { model, settings, optimizer } = problem({ epochs: 1 })
    const scheduler = new optim.ExponentialLR(optimizer, 0.5)
    const run = await fit(model, { ...settings, scheduler, schedulerInterval: 'step' })
    expect(run.steps.lr).toEqual([0.1, 0.05, 0.025, 0.0125, 0.00625, 0.003125])
  })

  it('takes several inputs, losses as modules and sources of plain batches', async () => {
    class Sum extends nn.Module<[Tensor, Tensor]> {
      fc = new nn.Linear(2, 1)
      override forward(a: Tensor, b: Tensor) {
        return this.fc.forward(a.add(b))
      }
    }
    const model = new Sum()
    const batch = [tensor([[1, 2]]), tensor([[3, 4]]), tensor([[5]])]
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })
    const train = { length: 2, [Symbol.iterator]: () => [batch, batch].values() }
    const options = { train, optimizer, loss: new nn.MSELoss(), epochs: 40, verbose: false }
    const run = await fit(model as unknown as nn.Module, options)
    expect(run.history.at(-1)?.train.loss).toBeLessThan(0.01)
    expect(run.history[0].validation).toBeNull()
  })
})
