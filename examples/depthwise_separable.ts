// What depthwise separable convolutions trade: far fewer parameters and multiplications for a little accuracy.
//
//   npm run example depthwise_separable
//
// Each 3x3 convolution is replaced by one that looks at every channel by itself and a 1x1 convolution that mixes the channels.
// Look at the ratios: the work falls to about 1/9 + 1/channels, the time of a step by less, since depthwise convolutions do little
// arithmetic for each number that they read, and some accuracy with it.
import { functional as F, manualSeed, nn, summary } from '../lib/index.ts'
import { type Lesson, type LessonOptions, percent } from './support/lesson.ts'
import { type Digits, digits, train } from './support/training.ts'

interface Result {
  parameters: number
  /** Multiply-accumulates of a forward pass of one image. */
  macs: number
  /** Median milliseconds of a forward and a backward pass of a batch. */
  milliseconds: number
  /** Share of the test images that is right, behind each epoch. */
  accuracy: number[]
}

const convolutions = { full: nn.Conv2d, separable: nn.DepthwiseSeparableConv2d }

export async function run({
  short = false,
}: LessonOptions = {}): Promise<Lesson & Record<'full' | 'separable', Result>> {
  const [source, epochs] = short ? [digits(2000), 2] : [digits(6000), 4]
  const result = async (kind: 'full' | 'separable'): Promise<Result> => {
    manualSeed(0)
    const model = network(kind)
    const { parameters, forwardMacs } = summary(model, [1, 1, 28, 28]).totals
    const accuracy = (await train(model, source, { lr: 0.02, epochs })).map(({ test }) => test)
    return { parameters, macs: forwardMacs, milliseconds: medianStep(model, source), accuracy }
  }
  const [full, separable] = [await result('full'), await result('separable')]
  const bars = (pick: (result: Result) => number): Record<string, number> => ({
    full: pick(full),
    separable: pick(separable),
  })
  return {
    full,
    separable,
    sentence:
      `Depthwise separable convolutions need ${percent(separable.parameters / full.parameters)} of the parameters, ` +
      `${percent(separable.macs / full.macs)} of the multiplications and ` +
      `${percent(separable.milliseconds / full.milliseconds)} of the time of full ones, and get ` +
      `${percent(separable.accuracy.at(-1)!)} of the test images right instead of ${percent(full.accuracy.at(-1)!)}.`,
    figure: {
      title: 'Full and depthwise separable convolutions',
      panels: [
        { title: 'Size', x: 'convolutions', y: 'parameters', bars: bars(({ parameters }) => parameters) },
        { title: 'Work', x: 'convolutions', y: 'million multiplications', bars: bars(({ macs }) => macs / 1e6) },
        {
          title: 'Time',
          x: 'convolutions',
          y: 'ms per step of 50 images',
          bars: bars(({ milliseconds }) => milliseconds),
        },
        {
          title: 'Learning',
          x: 'epoch',
          y: 'share of test images right',
          lines: { full: full.accuracy, separable: separable.accuracy },
        },
      ],
    },
  }
}

function network(kind: 'full' | 'separable'): nn.Sequential {
  const block = (inChannels: number, channels: number): nn.Module[] => [
    new convolutions[kind](inChannels, channels, 3, { padding: 1, bias: false }),
    new nn.BatchNorm2d(channels),
    new nn.ReLU(),
  ]
  return new nn.Sequential(
    new nn.Conv2d(1, 32, 3, { stride: 2, padding: 1, bias: false }),
    new nn.BatchNorm2d(32),
    new nn.ReLU(),
    ...block(32, 64),
    new nn.MaxPool2d(2),
    ...block(64, 128),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(128 * 3 * 3, 10),
  )
}

function medianStep(model: nn.Module, { train }: Digits): number {
  const [[input, target]] = train
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now()
    model.train().zeroGrad()
    F.crossEntropy(model.forward(input), target).backward()
    return performance.now() - start
  })
  return times.sort((a, b) => a - b)[4]
}
