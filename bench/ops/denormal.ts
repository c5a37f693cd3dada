import type { ProblemOp } from '../../lib/kernels/problem_string.ts'
import type { Pass } from '../row.ts'
import type { BufferSpec, KernelCase, OpBench } from './kernel_case.ts'

/** The case with every other number of its large buffers too small for a normal float32. */
function withDenormals(kernelCase: KernelCase): KernelCase {
  const { buffers } = kernelCase
  const largest = Math.max(...Object.values(buffers).map(({ size }) => size))
  const replaced = Object.entries(buffers).map(([name, spec]): [string, BufferSpec] => {
    const { size, contents } = spec
    if (size < largest || contents.kind !== 'uniform') return [name, spec]
    return [name, { size, contents: { kind: 'denormal', seed: contents.seed } }]
  })
  return { ...kernelCase, buffers: Object.fromEntries(replaced) }
}

/** One layer of an op on denormal numbers, which should take no longer than normal ones. PyTorch is not asked. */
export function denormal<Op extends ProblemOp>(bench: OpBench<Op>, layer: string): OpBench<Op> {
  const { set, passes } = bench
  const makers = Object.entries(passes) as [Pass, NonNullable<(typeof passes)[Pass]>][]
  const replaced = makers.map(([pass, make]) => [pass, (problem: never) => withDenormals(make(problem))])
  return {
    ...bench,
    alone: true,
    set: { ...set, layers: { [`${layer}_denormal`]: set.layers[layer] } },
    passes: Object.fromEntries(replaced),
  }
}
