import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { toSvg, writeFigure } from '../../../examples/support/figure.ts'

const bars = (title: string) => ({ title, x: 'name', y: 'height', bars: { first: 1, second: 0.25 } })

describe('toSvg', () => {
  it('draws lines with their names, those of the axes and the title', () => {
    const lines = { falling: [1, 1e-3, 1e-6], rising: [[1, 1e-6] as const, [3, 1] as const] }
    const svg = toSvg({ title: 'Whole', panels: [{ title: 'Part', x: 'across', y: 'up', log: true, lines }] })
    for (const text of ['Whole', 'Part', 'across', 'up', 'falling', 'rising', '1e-6'])
      expect(svg).toContain(`>${text}<`)
  })

  it('draws bars with their heights', () => {
    const svg = toSvg({ title: 'Whole', panels: [bars('Part')] })
    for (const text of ['first', 'second', '1', '0.25']) expect(svg).toContain(`>${text}<`)
  })

  it('draws a picture from black to white, enlarged without blur', () => {
    const picture = [
      [-1, 0],
      [0, 1],
    ]
    const svg = toSvg({ title: 'Whole', panels: [{ title: 'Part', picture }, bars('Other')] })
    const [, base64] = /"data:image\/png;base64,([^"]+)"/.exec(svg)!
    const { width, height, data } = decode(Buffer.from(base64, 'base64'))
    expect([width, height]).toEqual([12, 12])
    const at = (row: number, column: number): number => data[row * width + column]
    expect([at(0, 0), at(5, 5), at(0, 6), at(6, 5), at(6, 6), at(11, 11)]).toEqual([0, 0, 128, 128, 255, 255])
  })

  it('puts three panels into a row', () => {
    const sizeOf = (count: number) => {
      const svg = toSvg({ title: 'Whole', panels: Array.from({ length: count }, (_, i) => bars(`Part ${i}`)) })
      return /width="(\d+)" height="(\d+)"/.exec(svg)!.slice(1).map(Number)
    }
    expect([sizeOf(1), sizeOf(3), sizeOf(4)]).toEqual([
      [480, 444],
      [1440, 444],
      [1440, 844],
    ])
  })
})

describe('writeFigure', () => {
  it('writes the SVG into a folder that it makes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'strided-figure-'))
    try {
      const [path, figure] = [join(folder, 'new', 'one.svg'), { title: 'Whole', panels: [bars('Part')] }]
      writeFigure(path, figure)
      expect(readFileSync(path, 'utf8')).toContain('>Whole<')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
