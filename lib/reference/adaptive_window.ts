/**
 * Images `[n, id, ih, iw, c]` and images of another size `[n, od, oh, ow, c]`, channels-last; those of fewer dimensions
 * have depth or height 1. In adaptive pooling window `o` of a dimension holds the inputs from `⌊o · I / O⌋` to
 * `⌈(o + 1) · I / O⌉`.
 */
export interface ResizeProblem {
  n: number
  c: number
  id: number
  ih: number
  iw: number
  od: number
  oh: number
  ow: number
}

function range(input: number, output: number, o: number): number[] {
  const begin = Math.floor((o * input) / output)
  const end = Math.ceil(((o + 1) * input) / output)
  return Array.from({ length: end - begin }, (_, i) => begin + i)
}

/** The positions `(id · IH + ih) · IW + iw` that a window holds, in row-major order; windows are counted so as well. */
export function adaptiveWindow(problem: ResizeProblem, window: number): number[] {
  const { id, ih, iw, od, oh, ow } = problem
  const rows = range(ih, oh, Math.floor(window / ow) % oh)
  const columns = range(iw, ow, window % ow)
  return range(id, od, Math.floor(window / (oh * ow))).flatMap((d) =>
    rows.flatMap((h) => columns.map((w) => (d * ih + h) * iw + w)),
  )
}
