import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Callback, fit, loadCheckpoint, NonFiniteError, nn, type Tensor, tensor } from '../../lib/index.ts'
import { problem } from './problem.ts'

async function failure(made: ReturnType<typeof problem>): Promise<NonFiniteError> {
  const error = await fit(made.model, made.settings).then(
    () => null,
    (one: unknown) => one,
  )
  expect(error).toBeInstanceOf(NonFiniteError)
  return error as NonFiniteError
}

/** Spoils one weight behind a step. */
const spoil = (step: number, value: number): Callback => ({
  onStep: (info, { model }) => {
    if (info.step !== step) return
    const state = model.stateDict()
    const weight = state['4.weight'].toTypedArray() as Float32Array
    weight[3] = value
    model.loadStateDict({ ...state, '4.weight': tensor(weight, { shape: [4, 16] }) })
  },
})

describe('a loss that is not finite', () => {
  it('stops the run with step, batch and the layer whose weights did it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'strided-nan-'))
    const made = problem({ callbacks: [spoil(8, Number.NaN)], checkpoints: dir })
    const error = await failure(made)
    expect(error).toMatchObject({ code: 'ERR_NON_FINITE', epoch: 2, step: 8, batch: 3 })
    expect(error.layer).toEqual({ path: '4', type: 'Linear' })
    expect(error.message).toBe(
      'fit: the loss became NaN at step 9 (epoch 2, batch 3 of 6); the first output that is not finite is that of ' +
        '4 (Linear), [16, 4], whose weights are not finite: the steps before diverged; ' +
        'lower the learning rate or clip the gradients',
    )
    expect(loadCheckpoint(join(dir, 'last.ckpt')).position).toMatchObject({ epoch: 2, step: 6 })
    rmSync(dir, { recursive: true })
  })

  it('names a layer that overflows although its weights are finite', async () => {
    const error = await failure(problem({ callbacks: [spoil(1, 3.4e38)] }, { lr: 0 }))
    expect(error.layer).toEqual({ path: '4', type: 'Linear' })
    expect(error.message).toContain(
      'whose weights and input are finite: they have grown too large; lower the learning rate',
    )
  })

  it('tells the data and the loss function from the model', async () => {
    const bad = problem()
    const batch = [tensor([[1, Number.NaN]]), tensor([1], { dtype: 'int32' })]
    bad.settings.train = { length: 1, [Symbol.iterator]: () => [batch].values() }
    bad.model = new nn.Sequential(new nn.Linear(2, 4))
    expect((await failure(bad)).message).toBe(
      'fit: the loss became NaN at step 1 (epoch 1, batch 1 of 1); the input of this batch is not finite; look at the data',
    )
    const loss = problem({ loss: (output) => output.sum().mul(0).div(0) })
    expect((await failure(loss)).message).toContain('; every layer gave finite numbers, so the loss function made it')
    const target = problem({ loss: (output, right) => output.sub(right).sum() })
    const rows = [tensor([[1, 2]]), tensor([[1, 2, Number.POSITIVE_INFINITY, 3]])]
    target.settings.train = { length: 1, [Symbol.iterator]: () => [rows].values() }
    target.model = bad.model
    expect((await failure(target)).message).toContain('the loss became -Infinity')
    expect((await failure(target)).message).toContain('the target of this batch is not finite; look at the data')
  })

  it('names a layer behind an op of the model that overflowed', async () => {
    class Root extends nn.Module {
      first = new nn.Linear(2, 2)
      second = new nn.Linear(2, 4)
      override forward(input: Tensor) {
        return this.second.forward(this.first.forward(input).mul(0).div(0))
      }
    }
    const made = problem()
    made.model = new Root() as unknown as nn.Sequential
    const error = await failure(made)
    expect(error.layer?.path).toBe('second')
    expect(error.message).toContain(
      'whose input is not finite although no layer made it so: an op between the layers did',
    )
  })
})
