import { lint } from '../../insight/lint/index.ts'
import { type SummaryTotals, summary } from '../../insight/summary.ts'
import { formatBytes, formatCount } from '../../insight/table.ts'
import type { Module } from '../../nn/module.ts'
import type { Optimizer } from '../../optim/optimizer.ts'
import type { FindingData, RunDetails } from '../../train/details.ts'
import { StridedError } from '../../util/errors.ts'
import { formatShape } from '../../util/shape.ts'

function totalsOf({ parameters, trainable, forwardMacs, backwardMacs, peakTrainingBytes }: SummaryTotals): string[] {
  return [
    `${formatCount(parameters)} parameters, of which ${formatCount(trainable)} are trained`,
    `${formatCount(forwardMacs)} multiply-accumulates forward` +
      (backwardMacs === null ? '' : `, ${formatCount(backwardMacs)} backward`),
    ...(peakTrainingBytes === null ? [] : [`${formatBytes(peakTrainingBytes)} at the peak of a training step`]),
  ]
}

/** The model's layers and what `lint` says of them; a model that cannot be followed on shapes has neither, and says why. */
export function describeModel(
  model: Module,
  inputShape: readonly number[],
  optimizer: Optimizer,
): Pick<RunDetails, 'layers' | 'totals' | 'findings'> {
  try {
    const { rows, totals } = summary(model, [...inputShape])
    const layers = rows.map((row) => ({
      path: row.path,
      type: row.type,
      depth: row.depth,
      output: row.outputShapes.map(formatShape).join(', '),
      parameters: row.parameters,
      macs: row.macs,
      activationBytes: row.activationBytes,
      sees: row.receptiveField === null ? null : [...row.receptiveField.size],
    }))
    const found = lint(model, { inputShape: [...inputShape], optimizer, batchSize: inputShape[0] })
    const findings = found.map(({ rule, severity, path, why, cure, source }): FindingData => {
      return { rule, severity, path, why, cure, source }
    })
    return { layers, totals: totalsOf(totals), findings }
  } catch (error) {
    if (!(error instanceof StridedError)) throw error
    return { layers: null, totals: [error.message], findings: [] }
  }
}
