import { parseProblem } from '../../lib/kernels/problem_string.ts'
import { type Contest, hold } from '../contest.ts'
import { samplePositions } from '../fill.ts'
import { geometricMean } from '../measure.ts'
import { conv2d } from '../ops/conv2d.ts'
import { conv3d } from '../ops/conv3d.ts'
import type { KernelCase } from '../ops/kernel_case.ts'
import { measureFma } from '../roofline.ts'
import { bestPytorch, type Row } from '../row.ts'
import { entry, pytorchEntries, type Session } from '../session.ts'
import { formatTable, number, ratio } from '../table.ts'
import { expectedValues, resultSize } from './conv_check.ts'
import {
  CONV_PASSES,
  type ConvPass,
  type ConvShape,
  convFlops,
  convProblem,
  convProblemString,
  convShape,
  geometryOf,
  loadShapes,
  type ShapeEntry,
} from './conv_shapes.ts'
import { matches, type Print, type SuiteResult } from './suite.ts'

/** A row of the suite with what only its table shows. */
interface ConvRow {
  row: Row
  cls: string
}

// A sum over all images and positions takes long in the formula's plain loops.
const SAMPLES: Record<ConvPass, number> = { forward: 500, backwardInput: 500, backwardWeight: 100 }

/** The kernel behind a pass; none for the ops that are more than one call, which go through the public functions. */
function kernelCaseOf(shape: ConvShape, pass: ConvPass): KernelCase | undefined {
  if (shape.name === 'conv2d') return conv2d.passes[pass]?.(convProblem<'conv2d'>(geometryOf(shape)))
  if (shape.name === 'conv3d') return conv3d.passes[pass]?.(convProblem<'conv3d'>(geometryOf(shape)))
}

/** One pass of one shape. */
function contest(session: Session, { name }: ShapeEntry, shape: ConvShape, pass: ConvPass): Contest {
  const { isa, threads } = session
  const geometry = geometryOf(shape)
  const sample = samplePositions(resultSize(shape, pass), SAMPLES[pass])
  const kernelCase = kernelCaseOf(shape, pass)
  const ours = kernelCase ? { kind: 'kernel', kernelCase } : { kind: 'conv', shape, pass }
  const onednn = { pass, ...geometry }
  return {
    head: { suite: 'conv', name, problem: convProblemString(shape), pass, isa, threads },
    entries: [
      ...entry(session.ours, 'ours', 'strided', ours),
      // In one dimension it has no channels-last layout.
      ...pytorchEntries(session, { kind: 'conv', shape, pass }).slice(0, geometry.kernel.length > 1 ? 2 : 1),
      // Its best layout is not always its own choice.
      ...(shape.transposed ? [] : ['any', 'channels_last']).flatMap((layout) =>
        entry(session.onednn, 'onednn', `oneDNN ${layout}`, { ...onednn, layout }),
      ),
    ],
    work: { flops: convFlops(geometry) },
    sample,
    expected: expectedValues(shape, pass, sample),
  }
}

const HEADER = [
  'name',
  'class',
  'pass',
  'problem',
  'ms',
  'GFLOP/s',
  '% peak',
  'PyTorch ms',
  'ratio',
  'oneDNN ms',
  'ratio',
]

function cells({ row, cls }: ConvRow, peak: number | null): string[] {
  const { ms, gflops, peers } = row
  const share = peak === null || gflops === undefined ? '-' : ((100 * gflops) / peak).toFixed(0)
  return [
    ...[row.name, cls, row.pass, row.problem, number(ms), number(gflops), share],
    ...[number(bestPytorch(peers)), ratio(row.ratio.pytorch), number(peers.onednn), ratio(row.ratio.onednn)],
  ]
}

/** Geometric means of the ratios, per pass and per class of shapes. */
export function convMeans(rows: readonly ConvRow[]): string {
  const lines = [['geometric means', 'pass', 'shapes', 'over PyTorch', 'over oneDNN']]
  const classes = [...new Set(rows.map(({ cls }) => cls))]
  const groups = classes.map((cls): [string, (other: string) => boolean] => [cls, (other) => other === cls])
  const isDense = (cls: string): boolean => cls.startsWith('dense')
  if (classes.filter(isDense).length > 1) groups.push(['dense, all', isDense])
  if (classes.length > 1) groups.push(['all', () => true])
  for (const [title, belongs] of groups) {
    for (const pass of CONV_PASSES) {
      const group = rows.filter(({ row, cls }) => row.pass === pass && belongs(cls)).map(({ row }) => row)
      if (group.length === 0) continue
      const mean = (key: 'pytorch' | 'onednn'): string =>
        ratio(geometricMean(group.map((row) => row.ratio[key]).filter((value) => value !== undefined)))
      lines.push([title, pass, String(group.length), mean('pytorch'), mean('onednn')])
    }
  }
  return formatTable(lines, 2)
}

/** The shapes to time: those of the file that match, or the one that the filter spells out. */
export function chooseShapes(filter: string): ShapeEntry[] {
  const shapes = loadShapes()
  const chosen = shapes.filter((entry) => {
    const problem = convProblemString(convShape(entry))
    return CONV_PASSES.some((pass) => matches(filter, [entry.name, entry.cls, entry.op, problem, pass]))
  })
  return chosen.length > 0 ? chosen : spelledOut(filter)
}

/** A problem string, as a trace line shows it, as a shape of its own. */
function spelledOut(filter: string): ShapeEntry[] {
  try {
    const { n, g, ic, ih, iw, oc, kh, kw, sh, sw, ph, pw, dh, dw } = parseProblem('conv2d', filter)
    const sizes = { input: [n, ic, ih, iw], weight: [oc, ic / g, kh, kw] }
    const steps = { stride: [sh, sw], padding: [ph, pw], dilation: [dh, dw], groups: g }
    return [{ name: 'problem', cls: 'problem', op: 'conv2d', ...sizes, ...steps }]
  } catch {
    return []
  }
}

/** Times every convolution of conv_shapes.json in all passes. */
export async function runConv(session: Session, filter: string, print: Print): Promise<SuiteResult> {
  const before = await measureFma(session)
  const rows: ConvRow[] = []
  const notes: string[] = []
  const available = session.ours.hello.functional as string[]
  for (const one of chooseShapes(filter)) {
    const shape = convShape(one)
    if (!available.includes(shape.name)) {
      notes.push(`${one.name}: not yet, there is no functional.${shape.name}`)
      continue
    }
    for (const pass of CONV_PASSES) {
      const known = [one.name, one.cls, one.op, convProblemString(shape), pass]
      if (one.cls !== 'problem' && !matches(filter, known)) continue
      const outcome = await hold(contest(session, one, shape, pass), session.limits)
      notes.push(...outcome.notes.map((note) => `${one.name} ${pass}: ${note}`))
      if (outcome.row === null) continue
      rows.push({ row: outcome.row, cls: one.cls })
      print.progress(`${one.name} ${pass}: ${number(outcome.row.ms)} ms`)
    }
  }
  if (rows.length > 0) {
    const peak = before === null ? null : Math.max(before, (await measureFma(session)) ?? 0)
    if (peak !== null) print.line(`peak: ${peak.toFixed(0)} GFLOP/s of ${session.isa} multiply-adds\n`)
    print.line(formatTable([HEADER, ...rows.map((row) => cells(row, peak))], 4))
    print.line(`\n${convMeans(rows)}`)
  }
  return { rows: rows.map(({ row }) => row), notes }
}
