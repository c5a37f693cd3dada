import { shapesText } from './meta_pass.ts'
import type { ReceptiveField } from './receptive_field.ts'
import type { ModelSummary, SummaryRow } from './summary.ts'
import { type Column, formatBytes, formatCount, formatSizes, formatTable } from './table.ts'

const COLUMNS: readonly Column[] = [
  { heading: 'Layer' },
  { heading: 'Output' },
  { heading: 'Parameters', right: true },
  { heading: 'MACs', right: true },
  { heading: 'Memory', right: true },
  { heading: 'Sees', right: true },
  { heading: 'Stride', right: true },
  { heading: 'Start', right: true },
]

/** Lines that draw each row's place in the tree. */
function branches(rows: readonly SummaryRow[]): string[] {
  return rows.map(({ depth }, i) => {
    let line = ''
    for (let level = 1; level <= depth; level++) {
      // Whether a later row continues this level before an outer one comes.
      const rest = rows.slice(i + 1)
      const end = rest.findIndex((row) => row.depth < level)
      const more = (end === -1 ? rest : rest.slice(0, end)).some((row) => row.depth === level)
      line += level === depth ? (more ? '├─ ' : '└─ ') : more ? '│  ' : '   '
    }
    return line
  })
}

/** A row's name: its place under the row it runs inside of, and its class. */
function nameOf({ path, type, repeated, outputShapes }: SummaryRow): string {
  const note = repeated ? ', again' : outputShapes.length === 0 ? ', not run' : ''
  return path === '' ? `${type}${note}` : `${path} (${type}${note})`
}

function fieldCells(field: ReceptiveField | null): string[] {
  if (field === null) return ['', '', '']
  const { size, stride, start } = field
  const open = stride.some((step) => step > 0)
  return [formatSizes(size), open ? formatSizes(stride) : '', open ? formatSizes(start) : '']
}

/** A summary as a table with the totals below it. */
export function formatSummary({ rows, totals, trainingError }: ModelSummary): string {
  const lines = branches(rows)
  const cells = rows.map((row, i) => [
    lines[i] + nameOf(row),
    shapesText(row.outputShapes),
    row.parameters === 0 ? '' : formatCount(row.parameters),
    row.macs === 0 ? '' : formatCount(row.macs),
    row.activationBytes === 0 ? '' : formatBytes(row.activationBytes),
    ...fieldCells(row.receptiveField),
  ])
  const { parameters, trainable, forwardMacs, backwardMacs, peakTrainingBytes } = totals
  const training =
    backwardMacs === null || peakTrainingBytes === null
      ? [`Training step: not on this input, because ${trainingError}`]
      : [
          `Multiply-accumulates: ${formatCount(forwardMacs)} forward, ${formatCount(backwardMacs)} backward`,
          `Training step: ${formatBytes(peakTrainingBytes)} at the peak`,
        ]
  return [
    ...formatTable(COLUMNS, cells),
    `Parameters: ${formatCount(parameters)}, of which ${formatCount(trainable)} are trained`,
    ...(backwardMacs === null ? [`Multiply-accumulates: ${formatCount(forwardMacs)} forward`] : []),
    ...training,
    `Memory: parameters and buffers ${formatBytes(totals.parameterBytes)}, ` +
      `outputs of all layers ${formatBytes(totals.activationBytes)}`,
  ].join('\n')
}
