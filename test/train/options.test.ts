import { describe, expect, it } from 'vitest'
import { evaluate, type FitOptions, fit, nn } from '../../lib/index.ts'
import { problem } from './problem.ts'

const refusal = (options: object): Promise<unknown> => {
  const { model, settings } = problem()
  return fit(model, { ...settings, ...options } as FitOptions).then(
    () => 'no error',
    (error: Error) => error.message,
  )
}

describe('the options of fit', () => {
  it('are checked before anything runs', async () => {
    const messages: [object, string][] = [
      [{ epoch: 3 }, 'fit: expected options train, validation, loss, optimizer'],
      [{ epochs: 0 }, 'fit: expected epochs to be an integer of at least 1, got 0'],
      [{ train: [] }, 'fit: expected train to have at least one batch, got 0'],
      [{ train: null }, 'fit: expected train to be a DataLoader or like one, got null'],
      [{ validation: 3 }, 'fit: expected validation to be a DataLoader or like one, got 3'],
      [{ loss: 'mse' }, 'fit: expected loss to be a function or a module, got "mse"'],
      [{ optimizer: {} }, 'fit: expected an optimizer, got an object of class Object'],
      [{ accumulate: 0 }, 'fit: expected accumulate to be an integer of at least 1, got 0'],
      [{ clipGradNorm: -1 }, 'fit: expected clipGradNorm to be a finite number of at least 0, got -1'],
      [{ seed: 0.5 }, 'fit: expected seed to be an integer of at least 0, got 0.5'],
      [{ async: 'yes' }, 'fit: expected async to be true or false, got "yes"'],
      [{ monitor: 'accuracy' }, 'fit: expected monitor to be one of "loss", got "accuracy"'],
      [{ mode: 'best' }, 'fit: expected mode to be one of "min", "max", got "best"'],
      [{ schedulerInterval: 'batch' }, 'fit: expected schedulerInterval to be one of "epoch", "step", got "batch"'],
      [{ earlyStopping: { patience: -1 } }, 'fit: expected patience to be an integer of at least 0, got -1'],
      [{ earlyStopping: { wait: 1 } }, 'fit: expected options patience, minDelta, restoreBest, got "wait"'],
      [{ checkpoints: '' }, 'fit: expected checkpoints to name a folder, got ""'],
      [{ checkpoints: { dir: 'x', every: 1 } }, 'fit: expected options dir, best, everySteps, got "every"'],
      [{ checkpoints: { dir: 'x', everySteps: 0 } }, 'fit: expected everySteps to be an integer of at least 1, got 0'],
      [
        { resume: true },
        'fit: expected checkpoints to resume from, got none; name their folder, or pass resume a file',
      ],
    ]
    for (const [options, message] of messages) expect(await refusal(options)).toContain(message)
  })

  it('have to fit what happens', async () => {
    expect(await refusal({ monitor: 'recall', metrics: ['recall'] })).toBe(
      'fit: expected monitor to be the loss or a metric of one number, got recall',
    )
    expect(await refusal({ loss: (output: unknown) => output })).toBe(
      'fit: expected a loss of one element, got 64; loss [16, 4]',
    )
    expect(
      await refusal({
        train: {
          length: 1,
          *[Symbol.iterator]() {
            yield []
          },
        },
      }),
    ).toBe('fit: expected batches of inputs and a target, got 0 tensors')
  })

  it('of evaluate are checked too', async () => {
    const { model, settings } = problem()
    await expect(evaluate(model, settings.train, { loss: 3 as never })).rejects.toThrow(
      'evaluate: expected loss to be a function or a module',
    )
    const wrong = { loss: new nn.MSELoss(), metric: [] } as never
    await expect(evaluate(model, settings.train, wrong)).rejects.toThrow(
      'evaluate: expected options loss, metrics, async, got "metric"',
    )
    await expect(evaluate(model, settings.train, { loss: new nn.MSELoss(), async: 1 as never })).rejects.toThrow(
      'evaluate: expected async to be true or false, got 1',
    )
    const single = {
      length: 1,
      *[Symbol.iterator]() {
        yield []
      },
    }
    await expect(evaluate(model, single, { loss: new nn.MSELoss() })).rejects.toThrow(
      'evaluate: expected batches of inputs and a target, got 0 tensors',
    )
  })
})
