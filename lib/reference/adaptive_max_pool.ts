import { adaptiveWindow, type ResizeProblem } from './adaptive_window.ts'
import type { Floats } from './types.ts'

/** Max pooling of channels-last images to a given size; see {@link ResizeProblem} for the windows. */
export type AdaptiveMaxPoolProblem = ResizeProblem

/**
 * `output[n, od, oh, ow, c] = max of input[n, id, ih, iw, c]` over the window. `positions` gets `(id · IH + ih) · IW + iw`
 * of the first maximum or, as in PyTorch, of the last NaN.
 */
export function adaptiveMaxPoolForward(
  problem: AdaptiveMaxPoolProblem,
  input: Floats,
  output: Floats,
  positions: Int32Array | null,
): void {
  const { n: N, c: C, id, ih, iw, od, oh, ow } = problem
  for (let n = 0; n < N; n++) {
    for (let window = 0; window < od * oh * ow; window++) {
      const candidates = adaptiveWindow(problem, window)
      for (let c = 0; c < C; c++) {
        const value = (position: number): number => input[(n * id * ih * iw + position) * C + c]
        let [winner] = candidates
        for (const position of candidates) {
          if (value(position) > value(winner) || Number.isNaN(value(position))) winner = position
        }
        const o = (n * od * oh * ow + window) * C + c
        output[o] = value(winner)
        if (positions !== null) positions[o] = winner
      }
    }
  }
}

/** `gradInput[n, id, ih, iw, c] = Σ gradOutput[n, od, oh, ow, c]` over the windows that this element won. */
export function adaptiveMaxPoolBackward(
  problem: AdaptiveMaxPoolProblem,
  gradOutput: Floats,
  positions: Int32Array,
  gradInput: Floats,
): void {
  const { n: N, c: C, id, ih, iw, od, oh, ow } = problem
  const [plane, windows] = [id * ih * iw, od * oh * ow]
  const total = new Float64Array(N * plane * C)
  for (let o = 0; o < N * windows * C; o++) {
    const n = Math.floor(o / (windows * C))
    total[(n * plane + positions[o]) * C + (o % C)] += gradOutput[o]
  }
  gradInput.set(total)
}
