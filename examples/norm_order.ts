// Batch norm before the activation, as published, or behind it: what the next layer gets to see.
//
//   npm run example norm_order
//
// Before a ReLU, batch norm decides which elements survive: about half, and the next layer sees no negative number. Behind the
// ReLU it hands on mean 0 and deviation 1. Look at the curves: both orders learn much faster than the network without a norm,
// and the difference between them is small beside that.
import { manualSeed, models, nn, noGrad, type Tensor } from '../lib/index.ts'
import { type Lesson, type LessonOptions, percent } from './support/lesson.ts'
import { type Digits, digits, train } from './support/training.ts'

interface Result {
  /** Mean, deviation and share of zeros of what the first block hands on, before training. */
  mean: number
  std: number
  zeros: number
  /** Share of the test images that is right, behind each epoch. */
  accuracy: number[]
}

const networks = {
  'norm, then ReLU': { normOrder: 'beforeActivation' },
  'ReLU, then norm': { normOrder: 'afterActivation' },
  'no norm': { normLayer: () => new nn.Identity() },
} as const

export async function run({
  short = false,
}: LessonOptions = {}): Promise<Lesson & { results: Record<string, Result> }> {
  const [source, epochs] = short ? [digits(1000), 2] : [digits(6000), 4]
  const results: Record<string, Result> = {}
  for (const [name, choice] of Object.entries(networks)) {
    manualSeed(0)
    const model = models.bnLeNet(choice)
    results[name] = {
      ...handedOn(model, source),
      accuracy: (await train(model, source, { lr: 0.02, epochs })).map(({ test }) => test),
    }
  }
  const { 'norm, then ReLU': before, 'ReLU, then norm': behind, 'no norm': none } = results
  const of = (pick: (result: Result) => number): Record<string, number> =>
    Object.fromEntries(Object.entries(results).map(([name, result]) => [name, pick(result)]))
  return {
    results,
    sentence:
      `Batch norm before ReLU hands on mean ${before.mean.toFixed(2)}, deviation ${before.std.toFixed(2)} and ` +
      `${percent(before.zeros)} zeros, behind it mean ${Math.abs(behind.mean).toFixed(2)} and deviation ` +
      `${behind.std.toFixed(2)}, yet after the first epoch they get ${percent(before.accuracy[0])} and ` +
      `${percent(behind.accuracy[0])} of the test images right, against ${percent(none.accuracy[0])} without a norm.`,
    figure: {
      title: 'Batch norm before or behind the activation',
      panels: [
        {
          title: 'What the first block hands on',
          x: 'network',
          y: 'mean',
          bars: of(({ mean }) => Number(mean.toFixed(3))),
        },
        { title: 'What the first block hands on', x: 'network', y: 'share of zeros', bars: of(({ zeros }) => zeros) },
        {
          title: 'Learning',
          x: 'epoch',
          y: 'share of test images right',
          lines: Object.fromEntries(Object.entries(results).map(([name, { accuracy }]) => [name, accuracy])),
        },
      ],
    },
  }
}

/** What goes into the first pooling, for one batch in training. */
function handedOn(model: nn.Sequential, { train }: Digits): Omit<Result, 'accuracy'> {
  const pool = [...model.modules()].find((module) => module instanceof nn.MaxPool2d)!
  const numbers = { mean: 0, std: 0, zeros: 0 }
  const hook = pool.registerForwardPreHook((_, [input]: Tensor[]) => {
    const [mean, std, zeros] = [input.mean(), input.std(), input.eq(0).to('float32').mean()].map((one) =>
      Number(one.item()),
    )
    Object.assign(numbers, { mean, std, zeros })
    return undefined
  })
  const [[input]] = train
  noGrad(() => model.forward(input))
  hook.remove()
  return numbers
}
