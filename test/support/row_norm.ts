import { printProblem } from '../../lib/kernels/problem_string.ts'
import { type LayerNormProblem, layerNormForward, rmsNormForward } from '../../lib/reference/index.ts'
import { absent, input, type KernelCall, output, plain } from './check_op.ts'
import { ROUNDING, sumError, uniform } from './data.ts'

/**
 * Both passes of layer normalization, or of root mean square normalization, over `data`, with bounds on every result from the
 * absolute values of what is summed.
 */
export function rowNormCalls(
  op: 'layer_norm' | 'rms_norm',
  problem: LayerNormProblem,
  data: Float32Array,
  affine: boolean,
): KernelCall[] {
  const { rows, size } = problem
  const centred = op === 'layer_norm'
  const gradOutput = uniform(rows * size, 2)
  const weight = affine ? uniform(size, 3, 0.5, 1.5) : null
  const bias = affine && centred ? uniform(size, 4) : null
  const [mean, rstd] = [new Float32Array(rows), new Float32Array(rows)]
  const ignored = new Float64Array(rows * size)
  if (centred) layerNormForward(problem, data, null, null, mean, rstd, ignored)
  else rmsNormForward(problem, data, null, rstd, ignored)
  const sums = { input: new Float64Array(rows), grad: new Float64Array(rows), dot: new Float64Array(rows) }
  const columns = new Float64Array(size)
  const scaleOf = (i: number): number => weight?.[i % size] ?? 1
  const rowOf = (i: number): number => Math.floor(i / size)
  data.forEach((x, i) => {
    if (centred) sums.input[rowOf(i)] += Math.abs(x)
  })
  /** `(|x| + mean |x|) · rstd`: what the rounding of a normalized value is relative to. */
  const spread = (i: number): number => (Math.abs(data[i]) + sums.input[rowOf(i)] / size) * rstd[rowOf(i)]
  gradOutput.forEach((grad, i) => {
    if (centred) sums.grad[rowOf(i)] += Math.abs(grad) * scaleOf(i)
    sums.dot[rowOf(i)] += Math.abs(grad) * scaleOf(i) * spread(i)
    columns[i % size] += Math.abs(grad) * spread(i)
  })
  const relative = sumError(size) + 8 * ROUNDING
  const ofColumn = sumError(rows) + 8 * ROUNDING
  const outputError = Float64Array.from(data, (_, i) => {
    return relative * (scaleOf(i) * spread(i) + Math.abs(bias?.[i % size] ?? 0))
  })
  const gradError = Float64Array.from(data, (_, i) => {
    const r = rowOf(i)
    const terms = Math.abs(gradOutput[i]) * scaleOf(i) + (sums.grad[r] + spread(i) * sums.dot[r]) / size
    return relative * rstd[r] * terms
  })
  const title = `${affine} ${printProblem(op, problem)}`
  const first = [plain(problem), input(data)]
  const savedMean = centred ? [output(rows, { error: sums.input.map((sum) => (relative * sum) / size) })] : []
  const gradWeight = affine ? output(size, { error: columns.map((sum) => ofColumn * sum) }) : absent
  const gradBias = affine ? output(size, { terms: rows }) : absent
  return [
    {
      kernel: centred ? 'layerNormForward' : 'rmsNormForward',
      title,
      args: [
        ...[...first, input(weight), ...(centred ? [input(bias)] : []), ...savedMean],
        ...[output(rows, { rtol: 4 * relative, atol: 0 }), output(rows * size, { error: outputError })],
      ],
    },
    {
      kernel: centred ? 'layerNormBackward' : 'rmsNormBackward',
      title,
      args: [
        ...[...first, input(gradOutput), ...(centred ? [input(mean)] : []), input(rstd), input(weight)],
        ...[output(rows * size, { error: gradError }), gradWeight, ...(centred ? [gradBias] : [])],
      ],
    },
  ]
}

/** {@link rowNormCalls} with and without an affine map. */
export function allRowNormCalls(op: 'layer_norm' | 'rms_norm', problem: LayerNormProblem): KernelCall[] {
  const data = uniform(problem.rows * problem.size, 1)
  return [...rowNormCalls(op, problem, data, true), ...rowNormCalls(op, problem, data, false)]
}

/** A layer with as few rows as make two slices, and rows that are no longer than the reference bears. */
export function cutRows(problem: LayerNormProblem): LayerNormProblem {
  const size = Math.min(problem.size, 70_000)
  return { ...problem, size, rows: Math.min(problem.rows, Math.max(2, Math.ceil(70_000 / size))) }
}
