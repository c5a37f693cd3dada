/** Rectangles, one of each image: top, left, bottom, right, `[n, 4]`. */
export type Corners = Int32Array

/** Moves rectangles along when `height × width` are cut out at `offsets`, `[n, 2]`; what is cut off may leave them empty. */
export function cropCorners(corners: Corners, offsets: ArrayLike<number>, height: number, width: number): void {
  const limits = [height, width]
  for (let i = 0; i < corners.length; i++) {
    const axis = i % 2
    const moved = corners[i] - offsets[2 * Math.floor(i / 4) + axis]
    corners[i] = Math.min(limits[axis], Math.max(0, moved))
  }
}

/** Moves the rectangle of image `n` along when the image is flipped. */
export function flipCorners(
  corners: Corners,
  n: number,
  axis: 'horizontal' | 'vertical',
  height: number,
  width: number,
): void {
  const [low, size] = axis === 'vertical' ? [4 * n, height] : [4 * n + 1, width]
  const before = corners[low]
  corners[low] = size - corners[low + 2]
  corners[low + 2] = size - before
}
