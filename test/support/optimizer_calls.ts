import type { Kernels } from '../../lib/kernels/kernels.ts'
import { type ProblemOp, type Problems, printProblem } from '../../lib/kernels/problem_string.ts'
import { inout, input, type KernelCall, list, plain } from './check_op.ts'
import { uniform } from './data.ts'

/** A problem of an optimizer's step. */
interface Grouped {
  groups: readonly { sizes: readonly number[] }[]
}

/** The group of a problem. */
export type GroupOf<Problem> = Problem extends { groups: readonly (infer Group)[] } ? Group : never

/** A state of the parameters of those groups that have it, and the least value it can hold. */
export interface State<Group> {
  has: (group: Group) => boolean
  low: number
}

/**
 * The call of an optimizer's step on random parameters, gradients and states, in this order. Every operation is rounded
 * as the reference rounds it: equal bits on every instruction set.
 */
export function stepCalls<Op extends ProblemOp>(
  op: Op,
  kernel: keyof Kernels<unknown>,
  problem: Problems[Op],
  states: readonly State<GroupOf<Problems[Op]>>[],
): KernelCall[] {
  const { groups } = problem as unknown as Grouped
  const sizes = groups.flatMap((group) => group.sizes)
  const stride = states.length + 2
  const params = sizes.map((size, p) => inout(uniform(size, stride * p + 1), 'exact'))
  const grads = sizes.map((size, p) => input(uniform(size, stride * p + 2)))
  const lists = states.map(({ has, low }, s) => {
    let p = 0
    return groups.flatMap((group) =>
      group.sizes.flatMap((size) => {
        const seed = stride * p++ + 3 + s
        return has(group as GroupOf<Problems[Op]>) ? [inout(uniform(size, seed, low, 1), 'exact')] : []
      }),
    )
  })
  const args = [plain(problem), list(params), list(grads), ...lists.map(list)]
  return [{ kernel, title: printProblem(op, problem), args }]
}

/** A problem with parameters of at most `limit` elements: the reference takes its time. */
export function withSmallParameters<Problem extends Grouped>(problem: Problem, limit = 600): Problem {
  const groups = problem.groups.map((group) => ({ ...group, sizes: group.sizes.map((size) => Math.min(size, limit)) }))
  return { ...problem, groups }
}
