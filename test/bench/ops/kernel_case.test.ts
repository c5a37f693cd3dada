import { describe, expect, it } from 'vitest'
import { samplePositions } from '../../../bench/fill.ts'
import { conv2d } from '../../../bench/ops/conv2d.ts'
import { conv3d } from '../../../bench/ops/conv3d.ts'
import { opBenches } from '../../../bench/ops/index.ts'
import { buffersOf, type KernelCase, leastBytes, type OpBench } from '../../../bench/ops/kernel_case.ts'
import { referenceValues } from '../../../bench/suites/ops.ts'
import { type ProblemOp, parseProblem } from '../../../lib/kernels/problem_string.ts'

const benches = [...opBenches, conv2d, conv3d] as OpBench<ProblemOp>[]

/** Every pass of the first layer of every op. */
function cases(): { title: string; bench: OpBench<ProblemOp>; text: string; pass: string; kernelCase: KernelCase }[] {
  return benches.flatMap((bench) =>
    Object.entries(bench.passes).map(([pass, make]) => {
      const [text] = Object.values(bench.set.layers)
      const kernelCase = make(parseProblem(bench.set.op, text))
      return { title: `${bench.set.op} ${pass}`, bench, text, pass, kernelCase }
    }),
  )
}

describe('kernel cases', () => {
  it.each(cases())('$title name only buffers that they have, and survive JSON', ({ kernelCase }) => {
    const { call, prepare, buffers, result, updated } = kernelCase
    const names = [call, ...prepare].flatMap(buffersOf)
    for (const name of [...names, ...updated, result]) expect(Object.keys(buffers)).toContain(name)
    expect(buffersOf(call)).toContain(result)
    expect(JSON.parse(JSON.stringify(kernelCase))).toEqual(kernelCase)
  })

  it('of edges give finite results that are not all the same', () => {
    for (const { set, passes } of benches) {
      // The edge that moves most: some move nothing but their bias.
      const bytes = (edge: string): number => set.bytes(parseProblem(set.op, edge))
      const text = Object.values(set.edges).reduce((most, edge) => (bytes(edge) > bytes(most) ? edge : most))
      for (const [pass, make] of Object.entries(passes)) {
        const kernelCase = make(parseProblem(set.op, text))
        const values = referenceValues(kernelCase, samplePositions(kernelCase.buffers[kernelCase.result].size, 50))
        expect(values.every(Number.isFinite), `${set.op} ${pass}`).toBe(true)
        if (values.length > 1) expect(new Set(values).size, `${set.op} ${pass}`).toBeGreaterThan(1)
      }
    }
  })
})

describe('leastBytes', () => {
  it('of the forward pass is what the cases say, up to statistics, biases and targets', () => {
    for (const { bench, text, pass, kernelCase } of cases()) {
      const want = bench.set.bytes(parseProblem(bench.set.op, text))
      if (pass !== 'forward' && pass !== 'step') continue
      expect(leastBytes(kernelCase) / want, bench.set.op).toBeGreaterThanOrEqual(1)
      expect(leastBytes(kernelCase) / want, bench.set.op).toBeLessThan(1.15)
    }
  })
})
