// The loss along the direction of the gradient: without batch norm, with it, and with noise behind it.
//
//   npm run example loss_landscape
//
// At every few steps of a run the weights are moved along the gradient by up to four times the step that is taken, and the loss is
// measured there. Look at the bands: batch norm makes them narrow, so that a step does what the gradient promises. The noise gives
// each channel another mean and deviation at every step, far from the 0 and 1 that batch norm set, and yet the band stays narrow:
// it is not the steadier distributions that help.
//
// Source: Santurkar et al., "How Does Batch Normalization Help Optimization?", 2018, figures 2 and 4.
import {
  functional as F,
  getGeneratorState,
  manualSeed,
  nn,
  noGrad,
  optim,
  rand,
  randn,
  setGeneratorState,
  type Tensor,
} from '../lib/index.ts'
import type { Lesson, LessonOptions } from './support/lesson.ts'
import { digits } from './support/training.ts'

const LR = 0.1
/** Where the loss is measured, as multiples of the step. */
const DISTANCES = [0.5, 1, 2, 3, 4]

/** Adds noise to `[N, C]` whose mean and deviation are drawn anew for each channel in every training step. */
class Noise extends nn.Module {
  override forward(input: Tensor): Tensor {
    if (!this.training) return input
    const [samples, channels] = input.shape
    const mean = rand([1, channels]).sub(0.5)
    const deviation = rand([1, channels]).mul(0.5)
    return input.add(randn([samples, channels]).mul(deviation).add(mean))
  }
}

const WIDTH = 64
const layers: Record<string, () => nn.Module[]> = {
  'no norm': () => [],
  'batch norm': () => [new nn.BatchNorm1d(WIDTH)],
  'noisy batch norm': () => [new nn.BatchNorm1d(WIDTH), new Noise()],
}

/** The least and the largest loss along the gradient, by step, and the loss at its beginning. */
interface Curve {
  least: [step: number, loss: number][]
  largest: [step: number, loss: number][]
  loss: [step: number, loss: number][]
  /** Mean of `largest − least`. */
  range: number
}

export function run({ short = false }: LessonOptions = {}): Lesson & { curves: Record<string, Curve> } {
  const [images, epochs] = short ? [1500, 2] : [6000, 3]
  const curves = Object.fromEntries(Object.entries(layers).map(([name, norm]) => [name, follow(norm, images, epochs)]))
  const panels = Object.entries(curves).map(([name, { least, largest, loss }]) => ({
    title: name,
    x: 'step',
    y: 'loss',
    lines: { 'largest along the gradient': largest, least: least, 'at the weights': loss },
  }))
  const { 'no norm': none, 'batch norm': batch, 'noisy batch norm': noisy } = curves
  return {
    curves,
    sentence:
      `Along the gradient, up to 4 steps far, the loss ranged over ${none.range.toFixed(2)} on average without a norm, over ` +
      `${batch.range.toFixed(2)} with batch norm and over ${noisy.range.toFixed(2)} with noise behind batch norm.`,
    figure: { title: 'The loss along the direction of the gradient', panels },
  }
}

function follow(norm: () => nn.Module[], images: number, epochs: number): Curve {
  manualSeed(0)
  const layer = (inFeatures: number): nn.Module[] => [new nn.Linear(inFeatures, WIDTH), ...norm(), new nn.ReLU()]
  const hidden = [784, WIDTH, WIDTH, WIDTH, WIDTH].flatMap(layer)
  const model = new nn.Sequential(new nn.Flatten(), ...hidden, new nn.Linear(WIDTH, 10))
  // Weights that suit ReLU, so that the network without a norm learns as well.
  for (const parameter of model.parameters()) {
    if (parameter.ndim === 2) nn.init.kaimingNormal(parameter, { nonlinearity: 'relu' })
  }
  const optimizer = new optim.SGD(model.parameters(), { lr: LR })
  const { train } = digits(images)
  const curve: Curve = { least: [], largest: [], loss: [], range: 0 }
  let step = 0
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const [input, target] of train) {
      optimizer.zeroGrad()
      const loss = F.crossEntropy(model.forward(input), target)
      loss.backward()
      if (step % 5 === 0) {
        const losses = alongGradient(model, input, target)
        curve.least.push([step, Math.min(...losses)])
        curve.largest.push([step, Math.max(...losses)])
        curve.loss.push([step, Number(loss.item())])
      }
      optimizer.step()
      step++
    }
  }
  const ranges = curve.largest.map(([, largest], i) => largest - curve.least[i][1])
  curve.range = ranges.reduce((sum, range) => sum + range, 0) / ranges.length
  return curve
}

/** The loss of a batch at each of the distances; the weights come back to where they were. */
function alongGradient(model: nn.Module, input: Tensor, target: Tensor): number[] {
  const parameters = [...model.parameters()]
  const start = parameters.map((parameter) => parameter.detach().clone())
  return noGrad(() => {
    // The same noise everywhere, so that it does not count as a change of the loss.
    const state = getGeneratorState()
    const losses = DISTANCES.map((distance) => {
      setGeneratorState(state)
      parameters.forEach((parameter, i) => {
        parameter.copy_(start[i].sub(parameter.grad!.mul(distance * LR)))
      })
      return Number(F.crossEntropy(model.forward(input), target).item())
    })
    parameters.forEach((parameter, i) => {
      parameter.copy_(start[i])
    })
    return losses
  })
}
