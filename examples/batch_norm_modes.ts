// Batch norm's two outputs for one input: by the batch's own statistics in training, by the running ones in evaluation.
//
//   npm run example batch_norm_modes
//
// The layer sees batches of mean 3 and deviation 2. Its running mean begins at 0 and its running variance at 1, and both go
// a tenth of the way to each batch's. Look at how the two outputs for the same image, far apart at first, come together;
// and at the last panel, where a lone sample among others is moved by its neighbours in training and by nobody in evaluation.
import { cat, manualSeed, nn, noGrad, randn, type Tensor } from '../lib/index.ts'
import type { Lesson } from './support/lesson.ts'

const MEAN = 3
const STD = 2

interface Numbers {
  /** Largest difference between the outputs in training and in evaluation, before the first batch and behind the last. */
  before: number
  after: number
  /** How far one sample's output moves when its neighbours change. */
  moved: { training: number; evaluation: number }
}

export function run({ batches = 60 }: { batches?: number } = {}): Lesson & Numbers {
  manualSeed(0)
  const layer = new nn.BatchNorm2d(1)
  const batch = (): Tensor => randn([32, 1, 8, 8]).mul(STD).add(MEAN)
  const probe = batch()

  const gaps: number[] = []
  const means: number[] = []
  const deviations: number[] = []
  noGrad(() => {
    for (let step = 0; step <= batches; step++) {
      gaps.push(largest(outputs(layer, probe)))
      means.push(Number(layer.runningMean!.item()))
      deviations.push(Math.sqrt(Number(layer.runningVar!.item())))
      layer.train().forward(batch())
    }
  })

  const sample = batch().narrow(0, 0, 1)
  const neighbours = [batch().narrow(0, 0, 3), batch().narrow(0, 0, 3).add(4)]
  const [first, second] = neighbours.map((others) =>
    outputs(layer, cat([sample, others])).map((out) => out.narrow(0, 0, 1)),
  )
  const moved = { training: largest([first[0], second[0]]), evaluation: largest([first[1], second[1]]) }

  const [before, after] = [gaps[0], gaps[batches]]
  const steps = (values: number[]): [number, number][] => values.map((value, step) => [step, value])
  return {
    before,
    after,
    moved,
    sentence:
      `On one input the outputs in training and in evaluation differed by up to ${before.toFixed(2)} before the first batch ` +
      `and by ${after.toFixed(2)} after ${batches}; brighter neighbours moved a sample by ${moved.training.toFixed(2)} in ` +
      `training and by ${moved.evaluation.toFixed(2)} in evaluation.`,
    figure: {
      title: 'Batch norm in training and in evaluation',
      panels: [
        {
          title: 'Running statistics',
          x: 'batch',
          y: 'value',
          lines: { mean: steps(means), deviation: steps(deviations) },
        },
        {
          title: 'Training against evaluation',
          x: 'batch',
          y: 'largest difference',
          lines: { difference: steps(gaps) },
        },
        { title: 'What neighbours do to a sample', x: 'mode', y: 'largest change', bars: moved },
      ],
    },
  }
}

/** The outputs in training and in evaluation; the running statistics stay as they are. */
function outputs(layer: nn.BatchNorm2d, input: Tensor): [Tensor, Tensor] {
  const state = Object.fromEntries(Object.entries(layer.stateDict()).map(([key, value]) => [key, value.clone()]))
  return noGrad(() => {
    const training = layer.train().forward(input)
    layer.loadStateDict(state)
    return [training, layer.eval().forward(input)]
  })
}

const largest = ([a, b]: readonly Tensor[]): number => Number(a.sub(b).abs().max().item())
