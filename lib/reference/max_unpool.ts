import type { ResizeProblem } from './adaptive_window.ts'
import type { Floats } from './types.ts'

/** Maxima `[n, id, ih, iw, c]` that go back to where they were found in `[n, od, oh, ow, c]`; channels last. */
export type MaxUnpoolProblem = ResizeProblem

/** Calls `visit` for every input whose position lies inside the output, by flat positions, and counts the others. */
function forEachInside(
  problem: MaxUnpoolProblem,
  positions: Int32Array,
  visit: (input: number, output: number) => void,
): number {
  const { n: N, c: C, id, ih, iw, od, oh, ow } = problem
  const [small, large] = [id * ih * iw, od * oh * ow]
  let outside = 0
  for (let i = 0; i < N * small * C; i++) {
    const position = positions[i]
    const n = Math.floor(i / (small * C))
    if (position < 0 || position >= large) outside++
    else visit(i, (n * large + position) * C + (i % C))
  }
  return outside
}

/**
 * `output[n, position, c] = input[n, i, c]` with `position = positions[n, i, c]`, `(d · OH + h) · OW + w`; 0 where nothing
 * goes. Of several the last one stays. Positions outside the output are left out.
 *
 * @returns how many positions lie outside
 */
export function maxUnpoolForward(
  problem: MaxUnpoolProblem,
  input: Floats,
  positions: Int32Array,
  output: Floats,
): number {
  output.fill(0)
  return forEachInside(problem, positions, (i, o) => {
    output[o] = input[i]
  })
}

/** `gradInput[n, i, c] = gradOutput[n, position, c]`; 0 where the position lies outside. */
export function maxUnpoolBackward(
  problem: MaxUnpoolProblem,
  gradOutput: Floats,
  positions: Int32Array,
  gradInput: Floats,
): void {
  gradInput.fill(0)
  forEachInside(problem, positions, (i, o) => {
    gradInput[i] = gradOutput[o]
  })
}
