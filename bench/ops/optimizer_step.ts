import type { Kernels } from '../../lib/kernels/kernels.ts'
import type { ProblemOp, Problems } from '../../lib/kernels/problem_string.ts'
import type { CaseSet } from '../../test/cases/case_set.ts'
import { SEED } from '../fill.ts'
import { type BufferSpec, call, type KernelCase, kernelCase, type OpBench, source } from './kernel_case.ts'

/** A state that a step reads and writes: its values lie between `low` and 1. */
interface State<Group> {
  name: string
  low: number
  has: (group: Group) => boolean
}

/** Seeds of the buffers of one parameter: itself, its gradient, its states. */
const SEEDS_EACH = 5

function stepCase<Group extends { sizes: readonly number[] }>(
  kernel: keyof Kernels<unknown>,
  problem: { groups: readonly Group[] },
  states: readonly State<Group>[],
): KernelCase {
  const buffers: Record<string, BufferSpec> = {}
  const list = (name: string, offset: number, low: number, has: (group: Group) => boolean = () => true): string[] => {
    let p = 0
    return problem.groups.flatMap((group) =>
      group.sizes.flatMap((size) => {
        const key = name + p
        const seed = SEED.param + SEEDS_EACH * p++ + offset
        if (!has(group)) return []
        buffers[key] = source(size, seed, low)
        return [key]
      }),
    )
  }
  const params = list('param', 0, -1)
  const grads = list('grad', 1, -1)
  const lists = states.map(({ name, low, has }, s) => list(name, 2 + s, low, has))
  return kernelCase(buffers, call(kernel, problem, params, grads, ...lists), 'param0', {
    updated: [...params, ...lists.flat()],
  })
}

/** The benchmark of an optimizer's step over all parameters of a model. */
export function optimizerBench<Op extends ProblemOp, Group extends { sizes: readonly number[] }>(
  set: CaseSet<Op>,
  kernel: keyof Kernels<unknown>,
  states: readonly State<Group>[],
): OpBench<Op> {
  const step = (problem: Problems[Op]): KernelCase =>
    stepCase(kernel, problem as unknown as { groups: readonly Group[] }, states)
  return { set, compute: false, images: false, passes: { step } }
}
