// Batch norm and layer norm on the same matrix: which numbers each takes its means and deviations from.
//
//   npm run example norm_statistics
//
// Rows are samples, columns are features. Look at the pictures: the matrix has columns of different size and rows of
// different size; batch norm evens out the columns, layer norm the rows, and each leaves the other unevenness.
import { functional as F, manualSeed, noGrad, randn, type Tensor } from '../lib/index.ts'
import type { Lesson } from './support/lesson.ts'

const SAMPLES = 8
const FEATURES = 12

export function run(): Lesson & Record<'batch' | 'layer', Record<'columns' | 'rows', number>> {
  manualSeed(0)
  // Every column lies around a number of its own, and every row is larger or smaller by a factor of its own.
  const columns = randn([1, FEATURES]).add(randn([SAMPLES, FEATURES]).mul(0.5))
  const rows = randn([SAMPLES, 1]).abs().add(0.5)
  const matrix = columns.mul(rows).add(1)

  const [batch, layer] = noGrad(() => [
    F.batchNorm(matrix, null, null, { training: true }), // over dimension 0: one mean for each feature
    F.layerNorm(matrix, [FEATURES]), // over dimension 1: one mean for each sample
  ])

  const lines = (dim: number, name: string): Record<string, number[]> => ({
    [`mean of each ${name}`]: list(matrix.mean(dim)),
    [`deviation of each ${name}`]: list(matrix.std(dim, { correction: 0 })),
  })
  const unevenness = { batch: spreads(batch), layer: spreads(layer) }
  return {
    ...unevenness,
    sentence:
      `Batch norm took ${FEATURES} means and deviations, one per feature, and left column means within ` +
      `${unevenness.batch.columns.toExponential(0)} of 0 but row means as far as ${unevenness.batch.rows.toFixed(2)}; ` +
      `layer norm took ${SAMPLES}, one per sample, and left row means within ${unevenness.layer.rows.toExponential(0)} ` +
      `but column means as far as ${unevenness.layer.columns.toFixed(2)}.`,
    figure: {
      title: 'The same matrix, 8 samples of 12 features, normalised both ways',
      panels: [
        { title: 'The matrix', picture: matrix.toArray() as number[][] },
        { title: 'Behind batch norm: columns alike', picture: batch.toArray() as number[][] },
        { title: 'Behind layer norm: rows alike', picture: layer.toArray() as number[][] },
        { title: 'What batch norm takes out', x: 'feature', y: 'value', lines: lines(0, 'column') },
        { title: 'What layer norm takes out', x: 'sample', y: 'value', lines: lines(1, 'row') },
      ],
    },
  }
}

/** The mean of a column, and of a row, that is farthest from 0. */
function spreads(output: Tensor): { columns: number; rows: number } {
  const farthest = (dim: number): number => Math.max(...list(output.mean(dim)).map(Math.abs))
  return { columns: farthest(0), rows: farthest(1) }
}

const list = (vector: Tensor): number[] => vector.toArray() as number[]
