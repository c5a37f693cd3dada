import { describe, expect, it } from 'vitest'
import { formatDuration, Progress } from '../../lib/cli/progress.ts'

function setup(isTTY: boolean, columns?: number) {
  const written: string[] = []
  let time = 5000
  const output = { isTTY, columns, write: (text: string) => written.push(text) }
  const progress = new Progress(output, { epochs: 2, batches: 10, now: () => time })
  const step = (batch: number, milliseconds: number, loss = 0.5) => {
    time += milliseconds
    progress.step(batch, 64, loss)
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

  it('rewrites one line on a terminal and clears it for a line that stays', () => {
    const { written, progress, step } = setup(true)
    progress.startEpoch()
    step(1, 40)
    step(2, 60)
    step(3, 100)
    progress.print('epoch 1/2 done')
    progress.print('more')
    expect(written).toEqual([
      '\r\x1b[2Kepoch 1/2  batch 2/10  loss 0.5000  1280 images/s  0:01 left',
      '\r\x1b[2Kepoch 1/2  batch 3/10  loss 0.5000  960 images/s  0:02 left',
      '\r\x1b[2K',
      'epoch 1/2 done\n',
      'more\n',
    ])
  })

  it('never fills the last column of a narrow terminal', () => {
    const { written, progress, step } = setup(true, 20)
    progress.startEpoch()
    step(1, 200)
    expect(written).toEqual(['\r\x1b[2Kepoch 1/2  batch 1/'])
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
