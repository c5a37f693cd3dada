import { expect, it } from 'vitest'
import { DTypeError, optim, RangeError, StateError, tensor } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 })

it.each<[string, () => unknown]>([
  ['StepLR: expected stepSize to be an integer of at least 1, got 0', () => new optim.StepLR(optimizer, 0)],
  [
    'StepLR: expected gamma to be a finite number, got NaN',
    () => new optim.StepLR(optimizer, 1, { gamma: Number.NaN }),
  ],
  [
    'MultiStepLR: expected milestones to be an integer of at least 0, got 1.5',
    () => new optim.MultiStepLR(optimizer, [1, 1.5]),
  ],
  [
    'MultiStepLR: expected gamma to be a finite number, got Infinity',
    () => new optim.MultiStepLR(optimizer, [1], { gamma: Infinity }),
  ],
  [
    'ExponentialLR: expected gamma to be a finite number, got NaN',
    () => new optim.ExponentialLR(optimizer, Number.NaN),
  ],
  ['ConstantLR: expected factor above 0 and at most 1, got 0', () => new optim.ConstantLR(optimizer, { factor: 0 })],
  [
    'ConstantLR: expected totalIters to be an integer of at least 0, got -1',
    () => new optim.ConstantLR(optimizer, { totalIters: -1 }),
  ],
  [
    'LinearLR: expected startFactor above 0 and at most 1, got 2',
    () => new optim.LinearLR(optimizer, { startFactor: 2 }),
  ],
  ['LinearLR: expected endFactor to lie between 0 and 1, got 2', () => new optim.LinearLR(optimizer, { endFactor: 2 })],
  [
    'LinearLR: expected totalIters to be an integer of at least 1, got 0',
    () => new optim.LinearLR(optimizer, { totalIters: 0 }),
  ],
  [
    'CosineAnnealingLR: expected tMax to be an integer of at least 1, got 1.5',
    () => new optim.CosineAnnealingLR(optimizer, 1.5),
  ],
  [
    'CosineAnnealingLR: expected etaMin to be a finite number, got NaN',
    () => new optim.CosineAnnealingLR(optimizer, 1, { etaMin: Number.NaN }),
  ],
  [
    'CosineAnnealingWarmRestarts: expected t0 to be an integer of at least 1, got 0',
    () => new optim.CosineAnnealingWarmRestarts(optimizer, 0),
  ],
  [
    'CosineAnnealingWarmRestarts: expected tMult to be an integer of at least 1, got 0',
    () => new optim.CosineAnnealingWarmRestarts(optimizer, 1, { tMult: 0 }),
  ],
  [
    'OneCycleLR: expected totalSteps, or epochs and stepsPerEpoch, got neither',
    () => new optim.OneCycleLR(optimizer, 1, { epochs: 3 }),
  ],
  [
    'OneCycleLR: expected totalSteps to be an integer of at least 1, got 0',
    () => new optim.OneCycleLR(optimizer, 1, { totalSteps: 0 }),
  ],
  [
    'OneCycleLR: expected stepsPerEpoch to be an integer of at least 1, got 0.5',
    () => new optim.OneCycleLR(optimizer, 1, { epochs: 3, stepsPerEpoch: 0.5 }),
  ],
  [
    'OneCycleLR: expected pctStart to lie between 0 and 1, got 2',
    () => new optim.OneCycleLR(optimizer, 1, { totalSteps: 2, pctStart: 2 }),
  ],
  [
    'OneCycleLR: expected divFactor to be a finite number, got NaN',
    () => new optim.OneCycleLR(optimizer, 1, { totalSteps: 2, divFactor: Number.NaN }),
  ],
  [
    'OneCycleLR: expected annealStrategy to be one of "cos", "linear", got "poly"',
    () => new optim.OneCycleLR(optimizer, 1, { totalSteps: 2, annealStrategy: 'poly' as never }),
  ],
  [
    'OneCycleLR: expected maxLr to be a finite number, got NaN',
    () => new optim.OneCycleLR(optimizer, Number.NaN, { totalSteps: 2 }),
  ],
  [
    'OneCycleLR: expected epochs to be an integer of at least 1, got 0',
    () => new optim.OneCycleLR(optimizer, 1, { epochs: 0, stepsPerEpoch: 1 }),
  ],
  [
    'OneCycleLR: expected options totalSteps, epochs, stepsPerEpoch, pctStart, annealStrategy, cycleMomentum, ' +
      'baseMomentum, maxMomentum, divFactor, finalDivFactor, threePhase, got "steps"',
    () => new optim.OneCycleLR(optimizer, 1, { steps: 3 } as never),
  ],
  [
    'CosineAnnealingWarmRestarts: expected etaMin to be a finite number, got NaN',
    () => new optim.CosineAnnealingWarmRestarts(optimizer, 1, { etaMin: Number.NaN }),
  ],
  [
    'SequentialLR: expected milestones to be an integer of at least 1, got 0',
    () =>
      new optim.SequentialLR(
        optimizer,
        [1, 2].map((size) => new optim.StepLR(optimizer, size)),
        [0],
      ),
  ],
  [
    'ReduceLROnPlateau: expected cooldown to be an integer of at least 0, got 0.5',
    () => new optim.ReduceLROnPlateau(optimizer, { cooldown: 0.5 }),
  ],
  [
    'ReduceLROnPlateau: expected threshold to be a finite number, got NaN',
    () => new optim.ReduceLROnPlateau(optimizer, { threshold: Number.NaN }),
  ],
  [
    'ReduceLROnPlateau: expected eps to be a finite number of at least 0, got -1',
    () => new optim.ReduceLROnPlateau(optimizer, { eps: -1 }),
  ],
  [
    'ReduceLROnPlateau: expected thresholdMode to be one of "rel", "abs", got "both"',
    () => new optim.ReduceLROnPlateau(optimizer, { thresholdMode: 'both' as never }),
  ],
  [
    'SequentialLR: expected one milestone fewer than schedulers, got 1 schedulers and 1 milestones',
    () => new optim.SequentialLR(optimizer, [new optim.StepLR(optimizer, 1)], [1]),
  ],
  [
    'SequentialLR: expected milestones that rise, got [3, 2]',
    () =>
      new optim.SequentialLR(
        optimizer,
        [1, 2, 3].map((size) => new optim.StepLR(optimizer, size)),
        [3, 2],
      ),
  ],
  [
    'SequentialLR: expected schedulers of the same optimizer',
    () => new optim.SequentialLR({ paramGroups: [] }, [new optim.StepLR(optimizer, 1)], []),
  ],
  [
    'ReduceLROnPlateau: expected factor of at least 0 and below 1, got 1',
    () => new optim.ReduceLROnPlateau(optimizer, { factor: 1 }),
  ],
  [
    'ReduceLROnPlateau: expected mode to be one of "min", "max", got "least"',
    () => new optim.ReduceLROnPlateau(optimizer, { mode: 'least' as never }),
  ],
  [
    'ReduceLROnPlateau: expected patience to be an integer of at least 0, got -1',
    () => new optim.ReduceLROnPlateau(optimizer, { patience: -1 }),
  ],
  [
    'ReduceLROnPlateau: expected options mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps, got "verbose"',
    () => new optim.ReduceLROnPlateau(optimizer, { verbose: true } as never),
  ],
])('%s', (message, make) => {
  throws(make, RangeError, message)
})

it('names lists of the wrong length and optimizers without momentum', () => {
  throws(() => new optim.LambdaLR(optimizer, []), DTypeError, 'LambdaLR: expected a function or 1 of them, got []')
  throws(
    () => new optim.OneCycleLR(optimizer, [1, 2], { totalSteps: 3 }),
    DTypeError,
    'OneCycleLR: expected maxLr to be a number or 1 of them, got [1, 2]',
  )
  throws(
    () => new optim.ReduceLROnPlateau(optimizer, { minLr: [1, 2] }),
    DTypeError,
    'ReduceLROnPlateau: expected minLr to be a number or 1 of them, got [1, 2]',
  )
  const adagrad = new optim.Adagrad([tensor([1], { requiresGrad: true })])
  throws(
    () => new optim.OneCycleLR(adagrad, 1, { totalSteps: 3 }),
    StateError,
    'OneCycleLR: expected an optimizer with momentum or betas; or set cycleMomentum: false',
  )
  const scheduler = new optim.OneCycleLR(adagrad, 1, { totalSteps: 10, cycleMomentum: false })
  expect(scheduler.getLastLr()[0]).toBeCloseTo(0.04, 12)
})
