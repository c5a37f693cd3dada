import { type Contest, hold, type Limits } from '../contest.ts'
import { samplePositions } from '../fill.ts'
import { geometricMean } from '../measure.ts'
import { type BenchModel, batchString, benchModels } from '../models/index.ts'
import type { Row } from '../row.ts'
import { entry, pytorchEntries, type Session } from '../session.ts'
import { formatTable, number, ratio } from '../table.ts'
import { matches, type Print, type SuiteResult } from './suite.ts'

const PASSES = ['step', 'eval'] as const

// A step of a large model takes longer than a slice of the other suites, and JavaScript has to be compiled first.
const LONGER = 3

function contest(session: Session, model: BenchModel, pass: 'step' | 'eval'): Contest {
  const { isa, threads } = session
  const { name, input } = model
  const setup = { kind: 'model', model: name, input, pass }
  return {
    head: { suite: 'models', name, problem: batchString(model), pass, isa, threads },
    entries: [
      ...entry(session.ours, 'ours', 'strided', setup),
      ...pytorchEntries(session, setup),
      ...entry(model.tfjs ? session.tfjs : null, 'tfjs', 'tfjs', setup),
    ],
    work: {},
    // The logits of all images, for 10 classes.
    sample: samplePositions(10 * input[0]),
  }
}

const HEADER = ['model', 'batch', 'pass', 'ms', 'images/s', 'PyTorch ms', 'channels-last', 'ratio', 'tfjs ms', 'ratio']

function cells(row: Row): string[] {
  const { pytorch, pytorchChannelsLast, tfjs } = row.peers
  const images = Number(/^n(\d+)/.exec(row.problem)?.[1])
  return [
    ...[row.name, row.problem, row.pass, number(row.ms), ((1000 * images) / row.ms).toFixed(0)],
    ...[number(pytorch), number(pytorchChannelsLast), ratio(row.ratio.pytorch), number(tfjs), ratio(row.ratio.tfjs)],
  ]
}

function meansOf(rows: readonly Row[]): string {
  const lines = PASSES.map((pass) => {
    const ratios = rows.filter((row) => row.pass === pass).map((row) => row.ratio.pytorch)
    return `${pass} ${ratio(geometricMean(ratios.filter((value) => value !== undefined)))}`
  })
  return `geometric means over PyTorch: ${lines.join(', ')}`
}

/** Times a training step and the forward pass in evaluation of whole models. */
export async function runModels(session: Session, filter: string, print: Print): Promise<SuiteResult> {
  const rows: Row[] = []
  const notes: string[] = []
  const available = session.ours.hello.models as string[]
  const { sliceMs, warmMs } = session.limits
  const limits: Limits = { ...session.limits, sliceMs: LONGER * sliceMs, warmMs: LONGER * warmMs }
  for (const model of benchModels) {
    const passes = PASSES.filter((pass) => matches(filter, [model.name, model.create, batchString(model), pass]))
    if (passes.length === 0) continue
    if (!available.includes(model.create)) {
      notes.push(`${model.name}: not yet, there is no models.${model.create}`)
      continue
    }
    for (const pass of passes) {
      const { row, notes: more } = await hold(contest(session, model, pass), limits)
      notes.push(...more.map((note) => `${model.name} ${pass}: ${note}`))
      if (row === null) continue
      rows.push(row)
      print.progress(`${model.name} ${pass}: ${number(row.ms)} ms`)
    }
  }
  if (rows.length > 0) {
    print.line(formatTable([HEADER, ...rows.map(cells)], 3))
    if (session.pytorch !== null) print.line(`\n${meansOf(rows)}`)
  }
  return { rows, notes }
}
