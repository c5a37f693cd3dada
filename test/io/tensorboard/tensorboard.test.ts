import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode } from 'fast-png'
import { afterAll, describe, expect, it } from 'vitest'
import { SummaryWriter } from '../../../lib/index.ts'
import { crc32c, frame } from '../../../lib/io/tensorboard/record.ts'
import { bytesAt, doubles, eventsOf, fieldsOf } from '../../support/tensorboard_events.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-tensorboard-'))
afterAll(() => rmSync(dir, { recursive: true }))

describe('SummaryWriter', () => {
  it('writes scalars, histograms and images that a reader of the format finds again', () => {
    const writer = new SummaryWriter(join(dir, 'run'))
    writer.addScalar('loss', 0.25, 0)
    writer.addScalar('loss', 0, 300)
    writer.addHistogram('weight', [1, 2, 2, 4, Number.NaN], 7)
    const png = encode({ width: 3, height: 2, channels: 1, data: new Uint8Array(6) })
    writer.addImage('filters', png, 8)
    const [head, ...events] = eventsOf(writer.path)
    expect(bytesAt(head, 3).toString()).toBe('brain.Event:2')
    expect(Math.abs(doubles(head, 1)[0] - Date.now() / 1000)).toBeLessThan(60)
    expect(events.map((event) => event.get(2)![0])).toEqual([0n, 300n, 7n, 8n])
    const [first, second, third, fourth] = events.map((event) => fieldsOf(bytesAt(fieldsOf(bytesAt(event, 5)), 1)))
    expect([bytesAt(first, 1).toString(), bytesAt(first, 2).readFloatLE()]).toEqual(['loss', 0.25])
    expect(bytesAt(second, 2).readFloatLE()).toBe(0)
    const histogram = fieldsOf(bytesAt(third, 5))
    expect([1, 2, 3, 4, 5].map((number) => doubles(histogram, number)[0])).toEqual([1, 4, 4, 9, 25])
    const [limits, counts] = [doubles(histogram, 6), doubles(histogram, 7)]
    expect(counts.flatMap((count, i) => (count > 0 ? [[i, count]] : []))).toEqual([
      [0, 1],
      [10, 2],
      [29, 1],
    ])
    expect([limits.length, limits[9], limits[29]]).toEqual([30, expect.closeTo(2, 12), 4])
    const image = fieldsOf(bytesAt(fourth, 4))
    expect([1, 2, 3].map((number) => image.get(number)![0])).toEqual([2n, 3n, 1n])
    expect(bytesAt(image, 4)).toEqual(Buffer.from(png))
  })

  it('frames records as the format says', () => {
    // The check value of CRC-32C.
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(frame(new Uint8Array(5)).length).toBe(21)
  })

  it('refuses what it cannot write', () => {
    const writer = new SummaryWriter(join(dir, 'run'))
    expect(() => writer.addScalar('loss', 1, 0.5)).toThrow(
      'SummaryWriter: expected step to be an integer of at least 0, got 0.5',
    )
    expect(() => writer.addImage('x', new Uint8Array(4), 0)).toThrow(
      'SummaryWriter: expected the bytes of a PNG file, got 4 others',
    )
    const file = join(dir, 'file')
    writeFileSync(file, '')
    expect(() => new SummaryWriter(file)).toThrow(`SummaryWriter: cannot make the folder (EEXIST); ${file}`)
    rmSync(join(dir, 'run'), { recursive: true })
    expect(() => writer.addScalar('loss', 1, 1)).toThrow(
      `SummaryWriter: cannot write the file (ENOENT); ${writer.path}`,
    )
  })
})
