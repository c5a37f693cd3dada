import { type ProblemOp, parseProblem } from '../../lib/kernels/problem_string.ts'
import { referenceKernels } from '../../lib/reference/index.ts'
import { type Contest, hold } from '../contest.ts'
import { samplePositions } from '../fill.ts'
import { opBenches } from '../ops/index.ts'
import {
  type FilledArray,
  filled,
  type KernelCall,
  type KernelCase,
  leastBytes,
  type OpBench,
} from '../ops/kernel_case.ts'
import { measureTriad } from '../roofline.ts'
import { bestPytorch, type Pass, type Row } from '../row.ts'
import { entry, pytorchEntries, type Session } from '../session.ts'
import { formatTable, number, ratio } from '../table.ts'
import { matches, type Print, type SuiteResult } from './suite.ts'

/** What the reference gives at some positions of a case's result. */
export function referenceValues({ buffers, prepare, call, result }: KernelCase, sample: readonly number[]): number[] {
  const arrays: Record<string, FilledArray> = {}
  for (const [name, { size, contents }] of Object.entries(buffers)) {
    arrays[name] = filled(size, contents)
  }
  const run = ({ kernel, args }: KernelCall): void => {
    const values = args.map((arg) => {
      if (arg === null) return null
      if ('plain' in arg) return arg.plain
      return 'buffer' in arg ? arrays[arg.buffer] : arg.buffers.map((name) => arrays[name])
    })
    ;(referenceKernels[kernel] as (...args: unknown[]) => void)(...values)
  }
  for (const one of [...prepare, call]) run(one)
  return sample.map((i) => arrays[result][i])
}

function contest(session: Session, bench: OpBench<ProblemOp>, name: string, text: string, pass: Pass): Contest {
  const { isa, threads } = session
  const { set, passes, compute, images, alone } = bench
  const problem = parseProblem(set.op, text)
  const kernelCase = passes[pass]!(problem)
  const sample = samplePositions(kernelCase.buffers[kernelCase.result].size)
  const peer = { kind: 'kernel', op: set.op, problem, pass }
  return {
    head: { suite: 'ops', name: `${set.op} ${name}`, problem: text, pass, isa, threads },
    entries: [
      ...entry(session.ours, 'ours', 'strided', { kind: 'kernel', kernelCase }),
      ...pytorchEntries(session, peer).slice(0, alone ? 0 : images ? 2 : 1),
    ],
    work: { bytes: leastBytes(kernelCase), flops: compute ? set.flops(problem) : undefined },
    sample,
    expected: referenceValues(kernelCase, sample),
  }
}

const OVERHEAD_OPS = ['add', 'mul', 'relu']

/** Calling an op on a tensor of one element with gradient recording, through the public functions. */
function overheadContest(session: Session, op: string): Contest {
  const setup = { kind: 'overhead', op }
  const { isa, threads } = session
  return {
    head: { suite: 'ops', name: `op overhead ${op}`, problem: 'size1', pass: 'forward', isa, threads },
    entries: [...entry(session.ours, 'ours', 'strided', setup), ...entry(session.pytorch, 'pytorch', 'PyTorch', setup)],
    work: {},
  }
}

const HEADER = ['op', 'pass', 'problem', 'ms', 'GB/s', 'GFLOP/s', 'PyTorch ms', 'channels-last', 'ratio']

// The sizes of all parameters of a model would push the times off the screen.
const LONGEST_PROBLEM = 60

function shortened(problem: string): string {
  return problem.length <= LONGEST_PROBLEM ? problem : `${problem.slice(0, LONGEST_PROBLEM - 1)}…`
}

function cells(row: Row): string[] {
  const { pytorch, pytorchChannelsLast } = row.peers
  return [
    ...[row.name, row.pass, shortened(row.problem), number(row.ms), number(row.gbps), number(row.gflops)],
    ...[number(pytorch), number(pytorchChannelsLast), ratio(row.ratio.pytorch)],
  ]
}

// What one call may cost in microseconds before small networks feel it.
const OVERHEAD_LIMIT = 5

function overheadLine({ name, ms, peers, ratio: { pytorch } }: Row): string[] {
  const us = ms * 1000
  const peer = bestPytorch(peers)
  return [name, number(us), us <= OVERHEAD_LIMIT ? 'yes' : 'NO', number(peer && peer * 1000), ratio(pytorch)]
}

interface Listed {
  words: string[]
  contest: () => Contest
}

/** Every case of the suite; contests are made one by one, as their expected values take time and memory. */
function list(session: Session): Listed[] {
  const cases = opBenches.flatMap((bench) =>
    Object.entries(bench.set.layers).flatMap(([name, text]) =>
      (Object.keys(bench.passes) as Pass[]).map((pass) => ({
        words: [bench.set.op, name, text, pass],
        contest: () => contest(session, bench, name, text, pass),
      })),
    ),
  )
  const overhead = OVERHEAD_OPS.map((op) => ({
    words: ['op overhead', op, 'size1', 'forward'],
    contest: () => overheadContest(session, op),
  }))
  return [...cases, ...overhead]
}

/** Times every kernel but the convolutions on the layers of real models, and the overhead of calling an op. */
export async function runOps(session: Session, filter: string, print: Print): Promise<SuiteResult> {
  const before = await measureTriad(session)
  const rows: Row[] = []
  const notes: string[] = []
  for (const one of list(session).filter(({ words }) => matches(filter, words))) {
    const { row, notes: more } = await hold(one.contest(), session.limits)
    notes.push(...more.map((note) => `${one.words[0]} ${one.words[1]} ${one.words.at(-1)}: ${note}`))
    if (row === null) continue
    rows.push(row)
    print.progress(`${row.name} ${row.pass}: ${number(row.ms)} ms`)
  }
  const isOverhead = ({ name }: Row): boolean => name.startsWith('op overhead')
  const [timed, overhead] = [rows.filter((row) => !isOverhead(row)), rows.filter(isOverhead)]
  if (timed.length > 0 && before !== null) {
    const triad = Math.max(before, (await measureTriad(session)) ?? 0)
    print.line(`triad: ${triad.toFixed(1)} GB/s from memory; what fits into the caches is faster\n`)
  }
  if (timed.length > 0) print.line(formatTable([HEADER, ...timed.map(cells)], 3))
  if (overhead.length > 0) {
    const header = ['one element, recorded', 'us per call', `at most ${OVERHEAD_LIMIT}`, 'PyTorch us', 'ratio']
    print.line(`\n${formatTable([header, ...overhead.map(overheadLine)], 1)}`)
  }
  return { rows, notes }
}
