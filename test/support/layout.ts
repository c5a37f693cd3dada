/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** Swaps the last two dimensions of a dense `[outer, rows, columns]` array. */
function swapLastTwo<A extends Float32Array | Float64Array | Int32Array>(input: A, rows: number, columns: number): A {
  const output = input.slice() as A
  const plane = rows * columns
  for (let i = 0; i < input.length; i++) {
    const within = i % plane
    output[i - within + (within % columns) * rows + Math.floor(within / columns)] = input[i]
  }
  return output
}

/** Channels-first `[n, c, ...spatial]`, row-major, to channels-last `[n, ...spatial, c]`. */
export function toChannelsLast<A extends Float32Array | Float64Array | Int32Array>(
  input: A,
  shape: readonly number[],
): A {
  return swapLastTwo(input, shape[1], sizeOf(shape.slice(2)))
}

/** Channels-last data of the channels-first `shape` `[n, c, ...spatial]` to row-major. */
export function toChannelsFirst<A extends Float32Array | Float64Array | Int32Array>(
  input: A,
  shape: readonly number[],
): A {
  return swapLastTwo(input, sizeOf(shape.slice(2)), shape[1])
}
