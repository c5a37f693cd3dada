import { afterEach, describe, expect, it, vi } from 'vitest'
import { type ProblemOp, parseProblem } from '../../lib/kernels/problem_string.ts'
import { traced } from '../../lib/kernels/trace.ts'
import { referenceKernels } from '../../lib/reference/index.ts'

const CONV = {
  ...{
    n: 2,
    g: 1,
    ic: 3,
    ih: 5,
    iw: 5,
    oc: 4,
    oh: 5,
    ow: 5,
    kh: 3,
    kw: 3,
    sh: 1,
    sw: 1,
    ph: 1,
    pw: 1,
    dh: 1,
    dw: 1,
    relu: false,
  },
}
const REDUCE = { op: 'sum', outer: 2, size: 3, inner: 4, correction: 0 } as const
const LINEAR = { n: 2, ic: 3, oc: 4 }
const DENSE = { shape: [6], aStrides: [1], bStrides: [1], outputStrides: [1] }
const floats = (size: number): Float32Array => new Float32Array(size)

interface Call {
  name: keyof typeof referenceKernels
  op: ProblemOp
  args: unknown[]
  problem: unknown
}

// One function of each way in which the trace finds a problem.
const calls: Call[] = [
  { name: 'fill', op: 'fill', args: [6, 1, floats(6)], problem: { size: 6 } },
  { name: 'unary', op: 'unary', args: ['exp', 6, floats(6), floats(6)], problem: { op: 'exp', size: 6 } },
  { name: 'binary', op: 'binary', args: ['add', 6, floats(6), floats(6), floats(6)], problem: { op: 'add', ...DENSE } },
  {
    ...{ name: 'binaryScalar', op: 'binary', args: ['mul', 6, floats(6), 2, floats(6)] },
    problem: { op: 'mul', ...DENSE, bStrides: [0] },
  },
  {
    ...{ name: 'compareStrided', op: 'binary', args: ['lt', DENSE, floats(6), floats(6), new Uint8Array(6)] },
    problem: { op: 'lt', ...DENSE },
  },
  { name: 'reluForward', op: 'relu', args: [6, floats(6), floats(6)], problem: { size: 6 } },
  { name: 'reduce', op: 'reduce', args: [REDUCE, floats(24), floats(8)], problem: REDUCE },
  {
    ...{ name: 'linearForward', op: 'linear', args: [LINEAR, floats(6), floats(12), null, floats(8)] },
    problem: LINEAR,
  },
  {
    ...{ name: 'conv2dForward', op: 'conv2d', args: [CONV, floats(150), floats(108), null, floats(200), null] },
    problem: CONV,
  },
]

afterEach(() => void vi.restoreAllMocks())

describe('STRIDED_TRACE=1', () => {
  for (const { name, op, args, problem } of calls) {
    it(`prints a line for ${name} whose problem string reads back`, () => {
      const lines: string[] = []
      vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
      const kernel = traced(referenceKernels)[name] as (...values: unknown[]) => void
      kernel(...args)
      expect(lines).toHaveLength(1)
      const [, printed, text] = /^strided (\w+) (\S+) \d+\.\d us\n$/.exec(lines[0]) ?? []
      expect(printed).toBe(name)
      expect(parseProblem(op, text)).toEqual(problem)
    })
  }

  it('leaves what is no kernel as it is', () => {
    const memory = (): number => 1
    expect(traced({ memory }).memory).toBe(memory)
  })
})
