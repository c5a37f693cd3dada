import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../lib/io/onnx/graph.ts'
import { reductions } from '../../../lib/io/onnx/ops/reduction.ts'
import { views } from '../../../lib/io/onnx/ops/views.ts'
import type { Layout, StepView } from '../../../lib/io/onnx/step.ts'

const layout = (shape: number[], strides: number[], offset = 0): Layout => ({ shape, strides, offset })

const step = (op: string, from: Layout, to: Layout, kernels: StepView['kernels'] = []): StepView => ({
  op,
  graph: new GraphBuilder(),
  inputs: ['input'],
  layouts: [from],
  output: to,
  kernels,
  saved: () => '',
})

describe('converters', () => {
  it('refuse a permutation and a reduction that are none', () => {
    const turned = step('permute', layout([2, 3], [3, 1]), layout([3, 2], [2, 1]))
    expect(() => views.permute(turned)).toThrow(
      'permute has no ONNX form: its order of dimensions is not that of a permutation',
    )
    const problem = { op: 'sum', outer: 3, size: 2, inner: 1, correction: 0 }
    const summed = step('sum', layout([2, 3], [3, 1]), layout([3], [1]), [{ name: 'reduce', args: [problem] }])
    expect(() => reductions.sum(summed)).toThrow('sum has no ONNX form: its dimensions are not clear')
  })

  it('read the order of dimensions off where they lie, equal sizes and sizes of 1 included', () => {
    const turned = step('permute', layout([4, 1, 4, 2], [8, 99, 2, 1]), layout([2, 4, 4, 1], [1, 2, 8, 7]))
    views.permute(turned)
    expect(turned.graph.nodes[0].attributes).toEqual({ perm: [3, 2, 0, 1] })
  })

  it('read a cut off where the elements lie', () => {
    const cut = step('slice', layout([5, 6], [6, 1], 12), layout([5, 2], [6, 3], 14))
    views.slice(cut)
    expect(cut.graph.constants.map(({ values }) => values[0])).toEqual([2, Number.MAX_SAFE_INTEGER, 1, 3])
  })
})
