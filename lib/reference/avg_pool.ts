import type { Floats } from './types.ts'

/**
 * Average pooling of channels-last images `[n, id, ih, iw, c]` into `[n, od, oh, ow, c]`; those of fewer dimensions have
 * depth or height 1.
 *
 * A sum is divided by `divisor` or, where that is 0, by the number of elements in its window: with the padding, though
 * without what hangs over its far end, or with `excludePad` those of the input alone.
 */
export interface AvgPoolProblem {
  n: number
  c: number
  id: number
  ih: number
  iw: number
  od: number
  oh: number
  ow: number
  kd: number
  kh: number
  kw: number
  sd: number
  sh: number
  sw: number
  pd: number
  ph: number
  pw: number
  divisor: number
  excludePad: boolean
}

/** A window along one dimension: the inputs from `begin` to `end`, and what the dimension counts for the divisor. */
interface Extent {
  begin: number
  end: number
  counted: number
}

function extent(problem: AvgPoolProblem, axis: 'd' | 'h' | 'w', o: number): Extent {
  const [size, kernel, padding] = [problem[`i${axis}`], problem[`k${axis}`], problem[`p${axis}`]]
  const start = o * problem[`s${axis}`] - padding
  const begin = Math.max(0, start)
  const end = Math.max(begin, Math.min(start + kernel, size))
  return { begin, end, counted: problem.excludePad ? end - begin : Math.min(start + kernel, size + padding) - start }
}

/** Calls `visit` for every pair of an output and an input in its window, by their flat positions, with the divisor. */
function forEachTap(problem: AvgPoolProblem, visit: (output: number, input: number, divisor: number) => void): void {
  const { n: N, c: C, id: ID, ih: IH, iw: IW, od: OD, oh: OH, ow: OW } = problem
  for (let n = 0; n < N; n++) {
    for (let window = 0; window < OD * OH * OW; window++) {
      const d = extent(problem, 'd', Math.floor(window / (OH * OW)))
      const h = extent(problem, 'h', Math.floor(window / OW) % OH)
      const w = extent(problem, 'w', window % OW)
      const divisor = problem.divisor === 0 ? d.counted * h.counted * w.counted : problem.divisor
      for (let id = d.begin; id < d.end; id++) {
        for (let ih = h.begin; ih < h.end; ih++) {
          for (let iw = w.begin; iw < w.end; iw++) {
            const input = ((n * ID + id) * IH + ih) * IW + iw
            for (let c = 0; c < C; c++) visit((n * OD * OH * OW + window) * C + c, input * C + c, divisor)
          }
        }
      }
    }
  }
}

/** `output[n, od, oh, ow, c] = 1 / divisor · Σ input[n, id, ih, iw, c]` over the window; 0 for padding alone. */
export function avgPoolForward(problem: AvgPoolProblem, input: Floats, output: Floats): void {
  const total = new Float64Array(problem.n * problem.od * problem.oh * problem.ow * problem.c)
  forEachTap(problem, (o, i, divisor) => {
    total[o] += input[i] / divisor
  })
  output.set(total)
}

/** `gradInput[n, id, ih, iw, c] = Σ gradOutput[n, od, oh, ow, c] / divisor` over the windows that hold the element. */
export function avgPoolBackward(problem: AvgPoolProblem, gradOutput: Floats, gradInput: Floats): void {
  const total = new Float64Array(problem.n * problem.id * problem.ih * problem.iw * problem.c)
  forEachTap(problem, (o, i, divisor) => {
    total[i] += gradOutput[o] / divisor
  })
  gradInput.set(total)
}
