const size = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]

/** An IDX file of grey images; image i starts with the pixel i and is bright in the rows r with r mod 3 = i mod 3. */
export function idxImages(count: number, height: number, width: number): Uint8Array {
  const pixels = Array.from({ length: count * height * width }, (_, at) => {
    const i = Math.floor(at / (height * width))
    if (at % (height * width) === 0) return i
    return (Math.floor(at / width) % height) % 3 === i % 3 ? 200 : 10
  })
  return Uint8Array.from([0, 0, 8, 3, ...size(count), ...size(height), ...size(width), ...pixels])
}

/** An IDX file of labels. */
export function idxLabels(labels: readonly number[]): Uint8Array {
  return Uint8Array.from([0, 0, 8, 1, ...size(labels.length), ...labels])
}
