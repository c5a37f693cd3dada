import { backend } from '../kernels/select.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { emptyTensor } from '../tensor/tensor.ts'
import { tidy } from '../tensor/tidy.ts'
import { ShapeError } from '../util/errors.ts'
import { gatherNumbers, sumNumbers } from './objects.ts'

/** Statistics of every channel over the batches of all ranks. */
export interface Statistics {
  /** Values per channel. */
  count: number
  mean: Float64Array
  /** Σ (value − mean)². */
  m2: Float64Array
}

/**
 * Merges statistics of parts of the data, one after the other:
 *
 * `δ = mean_b − mean_a`, `mean = mean_a + δ · n_b / n`, `M2 = M2_a + M2_b + δ² · n_a · n_b / n`
 *
 * Source: Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
 */
export function mergeStatistics(parts: readonly Statistics[]): Statistics {
  const channels = parts[0].mean.length
  const merged = { count: 0, mean: new Float64Array(channels), m2: new Float64Array(channels) }
  for (const { count, mean, m2 } of parts) {
    if (count === 0) continue
    const total = merged.count + count
    for (let c = 0; c < channels; c++) {
      const delta = mean[c] - merged.mean[c]
      merged.mean[c] += (delta * count) / total
      merged.m2[c] += m2[c] + (delta * delta * merged.count * count) / total
    }
    merged.count = total
  }
  return merged
}

/** Over `rows` values of each of `c` channels that lie channels-last, and over those of all other ranks. */
export function gatherStatistics(op: string, source: Tensor, rows: number, c: number): Statistics {
  const own = new Float64Array(1 + 2 * c)
  own[0] = rows
  if (rows > 0) {
    tidy(() => {
      const row = emptyTensor([c], 'float32')
      for (const [kind, begin, scale] of [
        ['mean', 1, 1],
        ['var', 1 + c, rows],
      ] as const) {
        const problem = { op: kind, outer: 1, size: rows, inner: c, correction: 0 }
        backend().kernels.reduce(problem, source.buffer(op), row.buffer(op))
        const values = row.toTypedArray() as Float32Array
        for (let i = 0; i < c; i++) own[begin + i] = values[i] * scale
      }
    })
  }
  const merged = mergeStatistics(
    gatherNumbers(op, own).map((all) => ({ count: all[0], mean: all.slice(1, 1 + c), m2: all.slice(1 + c) })),
  )
  if (merged.count <= 1) {
    throw new ShapeError(
      `${op}: expected more than 1 value per channel over all ranks when training, got ${merged.count}`,
    )
  }
  return merged
}

/** Sums over all ranks of numbers in tensors `[c]`, each. */
export function sumOverRanks(op: string, tensors: readonly Tensor[]): Float64Array[] {
  const c = tensors[0].size
  const own = new Float64Array(tensors.length * c)
  tensors.forEach((tensor, i) => {
    own.set(tensor.toTypedArray() as Float32Array, i * c)
  })
  const sums = sumNumbers(op, own)
  return tensors.map((_, i) => sums.slice(i * c, (i + 1) * c))
}
