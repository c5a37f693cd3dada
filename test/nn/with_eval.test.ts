import { describe, expect, it } from 'vitest'
import { nn } from '../../lib/index.ts'

/** Half in training: the norm is frozen. */
function halfFrozen() {
  const model = new nn.Sequential(new nn.Linear(1, 1), new nn.Sequential(new nn.BatchNorm1d(1), new nn.Dropout()))
  ;(model.at(1) as nn.Sequential).at(0)?.eval()
  return model
}
const modes = (model: nn.Module) => Array.from(model.modules(), ({ training }) => training)
const before = [true, true, true, false, true]
const none = [false, false, false, false, false]

describe('withEval', () => {
  it('runs a function in evaluation and gives each module its own mode back', () => {
    const model = halfFrozen()
    expect(modes(model)).toEqual(before)
    expect(nn.withEval(model, () => modes(model))).toEqual(none)
    expect(modes(model)).toEqual(before)
  })
  it('does so when the function throws', () => {
    const model = halfFrozen()
    expect(() =>
      nn.withEval(model, () => {
        throw new Error(`in ${modes(model)}`)
      }),
    ).toThrow(`in ${none}`)
    expect(modes(model)).toEqual(before)
  })
  it('waits for an asynchronous function, also when that fails', async () => {
    const model = halfFrozen()
    const seen: boolean[][] = []
    const result = nn.withEval(model, async () => {
      seen.push(modes(model))
      await Promise.resolve()
      seen.push(modes(model))
      return 'done'
    })
    expect([modes(model), await result, modes(model), seen]).toEqual([none, 'done', before, [none, none]])
    await expect(nn.withEval(model, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(modes(model)).toEqual(before)
  })
  it('nests', () => {
    const model = halfFrozen()
    nn.withEval(model, () => {
      nn.withEval(model, () => 0)
      expect(modes(model)).toEqual(none)
    })
    expect(modes(model)).toEqual(before)
  })
})

describe('train', () => {
  it('asks each module, so that one can stay frozen', () => {
    class Frozen extends nn.BatchNorm2d {
      override train(): this {
        return super.train(false)
      }
    }
    const model = new nn.Sequential(new nn.Linear(1, 1), new Frozen(2))
    expect(modes(model.train())).toEqual([true, true, false])
  })
})
