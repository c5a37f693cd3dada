import { describe, expect, it } from 'vitest'
import { digitStrokes } from '../../lib/data/digit_strokes.ts'
import { drawSegment, samplePoints } from '../../lib/data/stroke_raster.ts'

const blank = (width: number, height: number) => ({ width, height, ink: new Float32Array(width * height) })

describe('drawSegment', () => {
  it('covers pixels by their distance to the segment', () => {
    const canvas = blank(5, 3)
    drawSegment(canvas, 1.5, 1.5, 3.5, 1.5, 0.75, 1)
    // Row 1 lies on the segment, rows 0 and 2 one pixel away: 0.75 + 0.5 - 1 = 0.25. Corners are sqrt(2) away.
    expect([...canvas.ink]).toEqual([0, 0.25, 0.25, 0.25, 0, 0.25, 1, 1, 1, 0.25, 0, 0.25, 0.25, 0.25, 0])
  })

  it('keeps the darker of two strokes', () => {
    const canvas = blank(3, 1)
    drawSegment(canvas, 0.5, 0.5, 2.5, 0.5, 0.5, 0.5)
    drawSegment(canvas, 2.5, 0.5, 2.5, 0.5, 0.5, 0.75)
    drawSegment(canvas, 2.5, 0.5, 2.5, 0.5, 0.5, 0.25)
    expect([...canvas.ink]).toEqual([0.5, 0.5, 0.75])
  })

  it('clips at the edges', () => {
    const canvas = blank(2, 2)
    drawSegment(canvas, -9, 0.5, 9, 0.5, 0.5, 1)
    drawSegment(canvas, 50, 50, 60, 60, 3, 1)
    expect([...canvas.ink]).toEqual([1, 1, 0, 0])
  })
})

describe('samplePoints', () => {
  const output = new Float64Array(64)
  const sample = (stroke: number[], steps: number) => [...output.subarray(0, 2 * samplePoints(stroke, steps, output))]

  it('divides a straight stroke evenly about its middle', () => {
    const points = sample([0, 0, 1, 2], 4)
    expect(points.slice(0, 2)).toEqual([0, 0])
    expect(points.slice(4, 6)).toEqual([0.5, 1])
    expect(points.slice(8)).toEqual([1, 2])
    for (let i = 0; i < points.length; i += 2) expect(points[i + 1]).toBeCloseTo(2 * points[i], 12)
  })

  it('passes through every control point', () => {
    const stroke = [0, 0, 1, 3, 2, -1, 5, 5]
    const points = sample(stroke, 3)
    expect(points).toHaveLength(2 * 10)
    for (let i = 0; i < 4; i++) expect(points.slice(6 * i, 6 * i + 2)).toEqual(stroke.slice(2 * i, 2 * i + 2))
  })

  it('joins the ends of a closed stroke smoothly', () => {
    // A square: by symmetry the curve leaves its first corner as it leaves the others.
    const points = sample([0, 0, 1, 0, 1, 1, 0, 1, 0, 0], 2)
    expect(points.slice(2, 4)).toEqual([0.5, -0.125])
    expect(points.slice(14, 16)).toEqual([-0.125, 0.5])
  })
})

describe('digitStrokes', () => {
  it('has several hands for each digit, inside the unit square', () => {
    expect(digitStrokes).toHaveLength(10)
    for (const hands of digitStrokes) {
      expect(hands.length).toBeGreaterThanOrEqual(3)
      for (const stroke of hands.flat()) {
        expect(stroke.length % 2).toBe(0)
        expect(stroke.length).toBeGreaterThanOrEqual(4)
        // Room for five points per control segment in the drawing buffer.
        expect(stroke.length / 2).toBeLessThanOrEqual(25)
        expect(stroke.every((value) => value > 0 && value < 1)).toBe(true)
      }
    }
  })
})
