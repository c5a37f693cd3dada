/** A grey picture under construction: 0 is background, 1 full ink. */
export interface Canvas {
  readonly width: number
  readonly height: number
  /** `[height, width]` */
  readonly ink: Float32Array
}

/**
 * Draws a straight piece of a stroke with round ends:
 *
 * `ink[y, x] ← max(ink[y, x], strength · clamp(halfWidth + ½ − d, 0, 1))`
 *
 * where `d` is the distance of the pixel's centre to the segment. One pixel of linear fall-off is what a box filter
 * gives for an edge along an axis, so this is anti-aliasing at the price of one square root. Maximum, not sum, so that
 * the joints of a polyline do not show.
 */
export function drawSegment(
  canvas: Canvas,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  halfWidth: number,
  strength: number,
): void {
  const { width, height, ink } = canvas
  const reach = halfWidth + 0.5
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach))
  const right = Math.min(width - 1, Math.ceil(Math.max(x0, x1) + reach))
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach))
  const bottom = Math.min(height - 1, Math.ceil(Math.max(y0, y1) + reach))
  const dx = x1 - x0
  const dy = y1 - y0
  const lengthSquared = dx * dx + dy * dy
  const scale = lengthSquared > 0 ? 1 / lengthSquared : 0
  for (let y = top; y <= bottom; y++) {
    const py = y + 0.5 - y0
    for (let x = left; x <= right; x++) {
      const px = x + 0.5 - x0
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) * scale))
      const ex = px - along * dx
      const ey = py - along * dy
      const squared = ex * ex + ey * ey
      if (squared >= reach * reach) continue
      const value = strength * Math.min(1, reach - Math.sqrt(squared))
      const index = y * width + x
      if (value > ink[index]) ink[index] = value
    }
  }
}

/**
 * Points on the Catmull–Rom curve through the control points of a stroke, `steps` per piece; a stroke whose ends meet is
 * treated as closed, one of two points gives a straight line.
 *
 * @param stroke - `x0, y0, x1, y1, …`, at least two points.
 * @param output - receives `x, y` pairs.
 * @returns the number of points written, `(points − 1) · steps + 1`.
 */
export function samplePoints(stroke: readonly number[], steps: number, output: Float64Array): number {
  const last = stroke.length / 2 - 1
  const closed = stroke[0] === stroke[2 * last] && stroke[1] === stroke[2 * last + 1]
  let count = 0
  for (let i = 0; i < last; i++) {
    const before = 2 * (i > 0 ? i - 1 : closed ? last - 1 : 0)
    const after = 2 * (i + 2 <= last ? i + 2 : closed ? 1 : last)
    for (let step = 0; step < steps; step++) {
      const t = step / steps
      output[2 * count] = catmullRom(stroke[before], stroke[2 * i], stroke[2 * i + 2], stroke[after], t)
      output[2 * count + 1] = catmullRom(stroke[before + 1], stroke[2 * i + 1], stroke[2 * i + 3], stroke[after + 1], t)
      count++
    }
  }
  output[2 * count] = stroke[2 * last]
  output[2 * count + 1] = stroke[2 * last + 1]
  return count + 1
}

/** The cubic from `b` at 0 to `c` at 1 whose slopes there are half of `c − a` and `d − b`. */
function catmullRom(a: number, b: number, c: number, d: number, t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
}
