// Ten sigmoid layers whose gradients vanish, and four cures, each by itself.
//
//   npm run example vanishing_gradients
//
// A sigmoid's slope is at most 1/4, and PyTorch's default weights shrink a signal to about 0.58 of its size, so backward each
// layer leaves about a seventh. Look at the left panel: a straight fall over eight powers of ten is a network whose first layers
// stand still. The cures: weights large enough to make up for the slope; ReLU, whose slope is 1, with weights made for it;
// batch norm before each sigmoid, which undoes what the weights shrink; a skip past each layer, whose slope is 1 + something.
import { functional as F, manualSeed, nn, type Tensor } from '../lib/index.ts'
import { type Lesson, type LessonOptions, percent } from './support/lesson.ts'
import { type Digits, digits, train } from './support/training.ts'

const DEPTH = 10
const WIDTH = 64

/** A layer `[N, WIDTH]` to the same, past which its input goes. */
class Skip extends nn.Module {
  readonly layer = new nn.Sequential(new nn.Linear(WIDTH, WIDTH), new nn.Sigmoid())

  override forward(input: Tensor): Tensor {
    // Less the middle of a sigmoid's outputs, or the sum would drift away, layer by layer.
    return input.add(this.layer.forward(input)).sub(0.5)
  }
}

/** A weight whose rows are orthogonal, times the inverse of a sigmoid's slope at 0. */
function large(linear: nn.Linear): nn.Linear {
  nn.init.orthogonal(linear.weight, { gain: 4 })
  // A sigmoid's outputs lie around 1/2; the bias moves what the weights make of that back to 0.
  const shift = linear.weight.detach().sum(1).mul(-0.5)
  linear.loadStateDict({ weight: linear.weight.detach(), bias: shift })
  return linear
}

function forRelu(linear: nn.Linear): nn.Linear {
  nn.init.kaimingNormal(linear.weight, { nonlinearity: 'relu' })
  return linear
}

const linear = (): nn.Linear => new nn.Linear(WIDTH, WIDTH)
const layers: Record<string, () => nn.Module[]> = {
  sigmoid: () => [linear(), new nn.Sigmoid()],
  initialization: () => [large(linear()), new nn.Sigmoid()],
  ReLU: () => [forRelu(linear()), new nn.ReLU()],
  'batch norm': () => [linear(), new nn.BatchNorm1d(WIDTH), new nn.Sigmoid()],
  skips: () => [new Skip()],
}

interface Result {
  /** Norm of the gradient of each layer's weight at the start, over that of the last. */
  gradients: number[]
  /** Share of the test images that is right after training. */
  accuracy: number
}

export async function run({
  short = false,
}: LessonOptions = {}): Promise<Lesson & { results: Record<string, Result> }> {
  const [images, epochs] = short ? [1000, 4] : [6000, 5]
  const source = digits(images)
  const results: Record<string, Result> = {}
  for (const [name, layer] of Object.entries(layers)) {
    manualSeed(0)
    const stack = Array.from({ length: DEPTH }, layer).flat()
    const model = new nn.Sequential(new nn.Flatten(), new nn.Linear(784, WIDTH), ...stack, new nn.Linear(WIDTH, 10))
    const gradients = relativeGradients(model, source)
    results[name] = { gradients, accuracy: (await train(model, source, { lr: 0.02, epochs })).at(-1)!.test }
  }
  const of = <T>(pick: (result: Result) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(results).map(([name, result]) => [name, pick(result)]))
  const { sigmoid, ...cured } = results
  const share = (name: string): string => `${results[name].gradients[0].toPrecision(2)} with ${name}`
  return {
    results,
    sentence:
      `Of the last layer's gradient norm ${sigmoid.gradients[0].toExponential(0)} reaches the first of ten sigmoid layers, but ` +
      `${Object.keys(cured).map(share).join(', ')}; ${epochs} epochs then bring ${percent(sigmoid.accuracy)} of the test ` +
      `images without a cure and up to ${percent(Math.max(...Object.values(cured).map(({ accuracy }) => accuracy)))} with one.`,
    figure: {
      title: 'Ten sigmoid layers, and four cures',
      panels: [
        {
          title: 'Gradients at the start',
          x: 'layer',
          y: "norm, over the last layer's",
          log: true,
          lines: of((r) => r.gradients),
        },
        { title: `After ${epochs} epochs`, x: 'network', y: 'share of test images right', bars: of((r) => r.accuracy) },
      ],
    },
  }
}

/** Gradient norms of the weights between the hidden layers, which all have the same size, over the last one's. */
function relativeGradients(model: nn.Module, { validation }: Digits): number[] {
  const [[input, target]] = validation
  F.crossEntropy(model.forward(input), target).backward()
  const hidden = [...model.parameters()].filter(({ shape }) => shape[0] === WIDTH && shape[1] === WIDTH)
  const norms = hidden.map(({ grad }) => Math.sqrt(Number(grad!.square().sum().item())))
  model.zeroGrad()
  return norms.map((norm) => norm / norms[DEPTH - 1])
}
