import { describe, expect, it } from 'vitest'
import { describeEpoch, formatDuration, Progress, type StepDisplay } from '../../lib/train/progress.ts'
import type { EpochRecord } from '../../lib/train/run.ts'

function setup(isTTY: boolean, columns?: number) {
  const written: string[] = []
  let time = 5000
  const output = { isTTY, columns, write: (text: string) => written.push(text) }
  const progress = new Progress(output, { epochs: 2, batches: 10, now: () => time })
  const step = (batch: number, milliseconds: number, loss = 0.5, extras: Partial<StepDisplay> = {}) => {
    time += milliseconds
    progress.step({ batch, samples: 64, loss, ...extras })
  }
  const wait = (milliseconds: number) => {
    time += milliseconds
  }
  return { written, progress, step, wait }
}

describe('Progress', () => {
  it('prints a plain line about once a second into a log', () => {
    const { written, progress, step } = setup(false)
    progress.startEpoch()
    for (let batch = 1; batch <= 10; batch++) step(batch, 400, batch / 7)
    expect(written).toEqual([
      'epoch 1/2  batch 3/10  loss 0.4286  160 images/s  0:07 left\n',
      'epoch 1/2  batch 6/10  loss 0.8571  160 images/s  0:06 left\n',
      'epoch 1/2  batch 9/10  loss 1.2857  160 images/s  0:05 left\n',
    ])
  })

  it('rewrites two lines on a terminal and clears them for one that stays', () => {
    const { written, progress, step } = setup(true, 120)
    progress.startEpoch()
    step(1, 40)
    step(2, 60)
    step(5, 100, 0.25, { metrics: { accuracy: 0.5, f1: [1, 2], mine: 2 }, memory: 5 * 2 ** 20 })
    progress.print('epoch 1/2 done')
    progress.print('more')
    const empty = '░'.repeat(12)
    expect(written).toEqual([
      `\r\x1b[2Kepoch 1/2  ████${empty}░░░░░░░░  2/10  loss 0.5000\n` +
        `\x1b[2Krun        ██${empty}░░░░░░░░░░  1280 images/s  0:01 left`,
      `\r\x1b[1A\x1b[2Kepoch 1/2  ████████████${empty}  5/10  loss 0.2500  accuracy 50.00 %  mine 2.0000\n` +
        `\x1b[2Krun        ██████${empty}░░░░░░  960 images/s  0:01 left  5 MB`,
      '\r\x1b[1A\x1b[J',
      'epoch 1/2 done\n',
      'more\n',
    ])
  })

  it('never fills the last column of a narrow terminal', () => {
    const { written, progress, step } = setup(true, 20)
    progress.startEpoch()
    step(1, 200)
    expect(written).toEqual(['\r\x1b[2Kepoch 1/2  ██░░░░░░\n\x1b[2Krun        █░░░░░░░'])
  })

  it('counts what a resumed run has left', () => {
    const { written, progress, step } = setup(false)
    progress.startEpoch(2, 4)
    step(5, 1000)
    expect(written).toEqual(['epoch 2/2  batch 5/10  loss 0.5000  64 images/s  0:05 left\n'])
  })

  it('leaves the time between epochs out of the speed', () => {
    const { progress, step, wait } = setup(false)
    expect(progress.speed).toBe(0)
    progress.startEpoch()
    step(10, 100)
    wait(10_000)
    progress.startEpoch()
    step(1, 100)
    expect(progress.speed).toBe(640)
  })
})

describe('formatDuration', () => {
  it('rounds up to seconds', () => {
    expect([0, 1, 59_000, 59_001, 65_000, 3_600_000, 7_384_000].map(formatDuration)).toEqual([
      '0:00',
      '0:01',
      '0:59',
      '1:00',
      '1:05',
      '1:00:00',
      '2:03:04',
    ])
  })
})

describe('describeEpoch', () => {
  it('says what an epoch brought', () => {
    const metrics = { accuracy: 0.98, confusionMatrix: [[1]] }
    const record: EpochRecord = {
      epoch: 2,
      step: 20,
      train: { loss: 0.25, metrics: { accuracy: 0.9 } },
      validation: { loss: 0.5, metrics },
      lr: [0.1],
      gradNorm: 1,
      improved: true,
      seconds: 1,
      samplesPerSecond: 1234.4,
      memory: 0,
    }
    expect(describeEpoch(record, 5)).toBe(
      'epoch 2/5  train loss 0.2500  train accuracy 90.00 %  ' +
        'validation loss 0.5000  validation accuracy 98.00 %  1234 images/s  best so far',
    )
    expect(describeEpoch({ ...record, validation: null, improved: false }, 5, 'samples')).toBe(
      'epoch 2/5  train loss 0.2500  train accuracy 90.00 %  1234 samples/s',
    )
  })
})
