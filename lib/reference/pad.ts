import type { AnyArray, Floats } from './types.ts'

/** Where elements beyond the border come from. */
export const padModes = ['constant', 'reflect', 'replicate', 'circular'] as const

/** Name of a way to continue a tensor beyond its border. */
export type PadMode = (typeof padModes)[number]

/**
 * A dense tensor of `shape`, its dimensions in memory order, with `before` and `after` elements added at the ends of each, or taken
 * away where negative. Along each dimension `output[j] = input[source(j − before)]` with, for a size S,
 *
 * * `constant`: `source(i) = i`, and the value where that does not exist;
 * * `reflect`: `source(i) = −i` in front and `2·(S − 1) − i` behind, so that the border itself is not repeated;
 * * `replicate`: `source(i)` is the nearest element;
 * * `circular`: `source(i) = i mod S`, counted within what negative ends leave.
 *
 * `itemSize` is that of an element in bytes.
 */
export interface PadProblem {
  itemSize: number
  shape: readonly number[]
  before: readonly number[]
  after: readonly number[]
  mode: PadMode
}

/** For each position along an output dimension the position that it is copied from, −1 for none. */
function sourcesOf({ shape, before, after, mode }: PadProblem, dim: number): number[] {
  const size = shape[dim]
  const start = Math.max(-before[dim], 0)
  const left = size + Math.min(before[dim], 0) + Math.min(after[dim], 0)
  return Array.from({ length: size + before[dim] + after[dim] }, (_, j) => {
    const i = j - before[dim]
    if (mode === 'constant') return i >= 0 && i < size ? i : -1
    if (mode === 'replicate') return Math.min(Math.max(i, 0), size - 1)
    if (mode === 'circular') return start + ((j - Math.max(before[dim], 0) + left) % left)
    return i < 0 ? -i : i < size ? i : 2 * (size - 1) - i
  })
}

/** For each element of the output the flat position in the input, −1 for none. */
function positions(problem: PadProblem): number[] {
  return problem.shape.reduce<number[]>(
    (outer, size, dim) => {
      const sources = sourcesOf(problem, dim)
      return outer.flatMap((at) => sources.map((i) => (at < 0 || i < 0 ? -1 : at * size + i)))
    },
    [0],
  )
}

/** `output[j] = input[source(j)]`, or `value[0]` where there is none. */
export function padForward(problem: PadProblem, input: AnyArray, value: AnyArray | null, output: AnyArray): void {
  positions(problem).forEach((from, to) => {
    output[to] = from < 0 ? value![0] : input[from]
  })
}

/** `gradInput[i] = Σ gradOutput[j]` over all `j` whose source is `i`. */
export function padBackward(problem: PadProblem, gradOutput: Floats, gradInput: Floats): void {
  const sums = new Float64Array(gradInput.length)
  positions(problem).forEach((to, from) => {
    if (to >= 0) sums[to] += gradOutput[from]
  })
  gradInput.set(sums)
}
