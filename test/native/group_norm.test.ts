import fc from 'fast-check'
import { expect, it } from 'vitest'
import { printProblem } from '../../lib/kernels/problem_string.ts'
import { type GroupNormProblem, groupNormForward } from '../../lib/reference/index.ts'
import { groupNorm } from '../cases/group_norm.ts'
import { absent, checkCalls, input, type KernelCall, output, plain } from '../support/check_op.ts'
import { ROUNDING, sumError, uniform } from '../support/data.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'

/** Where an element belongs: its channel and its image's group. */
function placeOf({ spatial, c, groups }: GroupNormProblem, i: number): { channel: number; group: number } {
  const channel = i % c
  const image = Math.floor(i / (spatial * c))
  return { channel, group: image * groups + Math.floor((channel * groups) / c) }
}

/** Both passes of one problem over `data`, with bounds on every result from the absolute values of what is summed. */
function callsOver(problem: GroupNormProblem, data: Float32Array, affine: boolean): KernelCall[] {
  const { n, spatial, c, groups } = problem
  const size = data.length
  const count = (spatial * c) / groups
  const gradOutput = uniform(size, 2)
  const weight = affine ? uniform(c, 3, 0.5, 1.5) : null
  const bias = affine ? uniform(c, 4) : null
  const [mean, rstd] = [new Float32Array(n * groups), new Float32Array(n * groups)]
  groupNormForward(problem, data, null, null, mean, rstd, new Float64Array(size))
  const scale = (i: number): number => weight?.[placeOf(problem, i).channel] ?? 1
  const sums = { input: new Float64Array(n * groups), grad: new Float64Array(n * groups) }
  const dots = { group: new Float64Array(n * groups), channel: new Float64Array(c) }
  for (let i = 0; i < size; i++) sums.input[placeOf(problem, i).group] += Math.abs(data[i])
  /** `(|x| + mean |x|) · rstd`: what the rounding of a normalized value is relative to. */
  const spread = (i: number): number => {
    const { group } = placeOf(problem, i)
    return (Math.abs(data[i]) + sums.input[group] / count) * rstd[group]
  }
  for (let i = 0; i < size; i++) {
    const { channel, group } = placeOf(problem, i)
    sums.grad[group] += Math.abs(gradOutput[i]) * scale(i)
    dots.group[group] += Math.abs(gradOutput[i]) * scale(i) * spread(i)
    dots.channel[channel] += Math.abs(gradOutput[i]) * spread(i)
  }
  const relative = sumError(count) + 8 * ROUNDING
  const ofChannel = sumError(n * spatial) + 8 * ROUNDING
  const meanError = sums.input.map((sum) => (relative * sum) / count)
  const outputError = Float64Array.from(data, (_, i) => {
    return relative * (scale(i) * spread(i) + Math.abs(bias?.[placeOf(problem, i).channel] ?? 0))
  })
  const gradError = Float64Array.from(data, (_, i) => {
    const { group } = placeOf(problem, i)
    const terms = Math.abs(gradOutput[i]) * scale(i) + (sums.grad[group] + spread(i) * dots.group[group]) / count
    return relative * rstd[group] * terms
  })
  const title = `${affine} ${printProblem('group_norm', problem)}`
  const first = [plain(problem), input(data)]
  return [
    {
      kernel: 'groupNormForward',
      title,
      args: [
        ...[...first, input(weight), input(bias), output(n * groups, { error: meanError })],
        ...[output(n * groups, { rtol: 4 * relative, atol: 0 }), output(size, { error: outputError })],
      ],
    },
    {
      kernel: 'groupNormBackward',
      title,
      args: [
        ...[...first, input(gradOutput), input(mean), input(rstd), input(weight)],
        output(size, { error: gradError }),
        affine ? output(c, { error: dots.channel.map((sum) => ofChannel * sum) }) : absent,
        affine ? output(c, { terms: n * spatial }) : absent,
      ],
    },
  ]
}

function calls(problem: GroupNormProblem): KernelCall[] {
  const data = uniform(problem.n * problem.spatial * problem.c, 1)
  return [...callsOver(problem, data, true), ...callsOver(problem, data, false)]
}

// Images enough for two slices, few enough for the reference.
describeCases(groupNorm, calls, (problem) => ({
  ...problem,
  n: Math.min(problem.n, Math.max(2, Math.ceil(70_000 / (problem.spatial * problem.c)))),
  spatial: Math.min(problem.spatial, 1024),
}))

const problems = fc
  .record({
    n: fc.integer({ min: 1, max: 5 }),
    spatial: fc.oneof(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 13, max: 90 })),
    width: fc.integer({ min: 1, max: 9 }),
    groups: fc.integer({ min: 1, max: 9 }),
    eps: fc.constantFrom(1e-5, 1e-3),
  })
  .map(({ n, spatial, width, groups, eps }) => ({ n, spatial, c: width * groups, groups, eps }))
itHoldsForRandom('group_norm', problems, calls, 100)

// One image alone is cut; several are not.
for (const shape of [
  { n: 1, spatial: 4096, c: 18, groups: 6 },
  { n: 2, spatial: 1024, c: 4, groups: 4 },
]) {
  it(`finds a deviation of 0.01 around a mean of 1000: ${shape.n} images`, () => {
    const problem = { ...shape, eps: 1e-12 }
    const { n, groups } = problem
    const data = uniform(n * shape.spatial * shape.c, 9, 1000 - 0.0173, 1000 + 0.0173)
    // The first value is far off, as next to padding it may be.
    data[0] = 990
    // A mean that is off by half a step of float32, 3.05e-5, moves every output by 3.05e-5 / 0.01.
    const results = [
      output(n * groups, { rtol: ROUNDING, atol: 0 }),
      output(n * groups, { rtol: 2e-3, atol: 0 }),
      output(data.length, { rtol: 2e-3, atol: 4e-3 }),
    ]
    const args = [plain(problem), input(data), absent, absent, ...results]
    checkCalls([{ kernel: 'groupNormForward', title: printProblem('group_norm', problem), args }], backends())
    expect(data[1]).not.toBe(data[1 + shape.c])
  })
}

it('gives the bias for a constant channel', () => {
  const problem = { n: 2, spatial: 70, c: 2, groups: 2, eps: 1e-5 }
  const data = Float32Array.from({ length: 280 }, (_, i) => (i % 2 === 0 ? 0.1 : 3e7))
  const bias = Float32Array.of(0.25, -4)
  const exact = { rtol: 0, atol: 0 }
  const args = [plain(problem), input(data), absent, input(bias)]
  const results = [output(4, { rtol: ROUNDING, atol: 0 }), output(4, { rtol: ROUNDING, atol: 0 }), output(280, exact)]
  checkCalls([{ kernel: 'groupNormForward', title: 'constant', args: [...args, ...results] }], backends())
})
