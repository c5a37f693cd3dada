import { describe, expect, it } from 'vitest'
import { FormatError, optim, RangeError, tensor } from '../../lib/index.ts'
import { expectClose, floats, goldenCases } from '../support/golden.ts'
import { throws } from '../util/throws.ts'

const optimizerWith = (lr: number) => new optim.SGD([tensor([1], { requiresGrad: true })], { lr })

const schedulers: Record<string, (optimizer: optim.Optimizer, args: Record<string, number>) => optim.LRScheduler> = {
  StepLR: (optimizer, { step_size, gamma }) => new optim.StepLR(optimizer, step_size, { gamma }),
  CosineAnnealingLR: (optimizer, { T_max, eta_min }) =>
    new optim.CosineAnnealingLR(optimizer, T_max, { etaMin: eta_min }),
}

describe('against PyTorch', () => {
  for (const golden of goldenCases('lr_scheduler', ({ args }) => (args.scheduler as string) in schedulers)) {
    it(golden.name, () => {
      const args = golden.args as Record<string, number>
      const optimizer = optimizerWith(args.lr)
      const scheduler = schedulers[golden.args.scheduler as string](optimizer, args)
      const rates = Array.from({ length: args.steps }, () => {
        const [rate] = scheduler.getLastLr()
        scheduler.step()
        return rate
      })
      expectClose(rates, floats(golden.outputs.lr) as Float32Array, { rtol: 1e-6, atol: 1e-9 }, golden.name)
    })
  }
})

describe('schedulers', () => {
  it('change every group from its own start', () => {
    const params = [1, 2].map((value) => tensor([value], { requiresGrad: true }))
    const optimizer = new optim.SGD([{ params: [params[0]] }, { params: [params[1]], lr: 10 }], { lr: 1 })
    const scheduler = new optim.StepLR(optimizer, 1, { gamma: 0.5 })
    scheduler.step()
    expect(scheduler.getLastLr()).toEqual([0.5, 5])
  })
  it('continue from their state', () => {
    const [a, b] = [optimizerWith(1), optimizerWith(0.25)]
    const first = new optim.CosineAnnealingLR(a, 10)
    for (let i = 0; i < 4; i++) first.step()
    const second = new optim.CosineAnnealingLR(b, 10)
    second.loadStateDict(first.stateDict())
    expect(b.paramGroups[0].lr).toBe(a.paramGroups[0].lr)
    throws(
      () => second.loadStateDict({ epoch: 1, baseLrs: [1, 2] }),
      FormatError,
      'CosineAnnealingLR.loadStateDict: expected 1 base rates, got 2',
    )
  })
  it('refuse periods that are none', () => {
    throws(
      () => new optim.StepLR(optimizerWith(1), 0),
      RangeError,
      'StepLR: expected stepSize to be an integer of at least 1, got 0',
    )
    throws(
      () => new optim.CosineAnnealingLR(optimizerWith(1), 1.5),
      RangeError,
      'CosineAnnealingLR: expected tMax to be an integer of at least 1, got 1.5',
    )
  })
})
