import { adaptiveWindow, type ResizeProblem } from './adaptive_window.ts'
import type { Floats } from './types.ts'

/** Average pooling of channels-last images to a given size; see {@link ResizeProblem} for the windows. */
export type AdaptiveAvgPoolProblem = ResizeProblem

/** `output[n, od, oh, ow, c] = mean of input[n, id, ih, iw, c]` over the window. */
export function adaptiveAvgPoolForward(problem: AdaptiveAvgPoolProblem, input: Floats, output: Floats): void {
  const { n: N, c: C, id, ih, iw, od, oh, ow } = problem
  for (let n = 0; n < N; n++) {
    for (let window = 0; window < od * oh * ow; window++) {
      const positions = adaptiveWindow(problem, window)
      for (let c = 0; c < C; c++) {
        let total = 0
        for (const position of positions) total += input[(n * id * ih * iw + position) * C + c]
        output[(n * od * oh * ow + window) * C + c] = total / positions.length
      }
    }
  }
}

/** `gradInput[n, id, ih, iw, c] = Σ gradOutput[n, od, oh, ow, c] / size` over the windows that hold the element. */
export function adaptiveAvgPoolBackward(problem: AdaptiveAvgPoolProblem, gradOutput: Floats, gradInput: Floats): void {
  const { n: N, c: C, id, ih, iw, od, oh, ow } = problem
  const total = new Float64Array(N * id * ih * iw * C)
  for (let n = 0; n < N; n++) {
    for (let window = 0; window < od * oh * ow; window++) {
      const positions = adaptiveWindow(problem, window)
      for (const position of positions) {
        for (let c = 0; c < C; c++) {
          const grad = gradOutput[(n * od * oh * ow + window) * C + c]
          total[(n * id * ih * iw + position) * C + c] += grad / positions.length
        }
      }
    }
  }
  gradInput.set(total)
}
