import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type RmspropGroup, type RmspropProblem, rmspropStep } from '../../lib/reference/index.ts'
import { rmsprop } from '../cases/rmsprop.ts'
import { checkCalls, inout, input, type KernelCall, list, plain } from '../support/check_op.ts'
import { backends, describeCases, itHoldsForRandom } from '../support/native_cases.ts'
import { stepCalls, withSmallParameters } from '../support/optimizer_calls.ts'

// An average in [-1, 1) beside a square in [0, 1) makes variances below 0 too.
const squares = { has: () => true, low: 0 }
const averages = { has: ({ centered }: RmspropGroup): boolean => centered, low: -1 }
const buffers = { has: ({ momentum }: RmspropGroup): boolean => momentum !== 0, low: -1 }
const calls = (problem: RmspropProblem): KernelCall[] =>
  stepCalls('rmsprop', 'rmspropStep', problem, [squares, averages, buffers])

describeCases(rmsprop, calls, withSmallParameters)

it('counts a variance below 0 as 0 and lets a NaN through', () => {
  const settings = { lr: 0.5, alpha: 1, eps: 0.5, weightDecay: 0, momentum: 0, centered: true, maximize: false }
  const problem: RmspropProblem = { groups: [{ sizes: [3], ...settings }] }
  const [param, grad] = [Float32Array.of(1, 1, 1), Float32Array.of(1, Number.NaN, -2)]
  const [square, average] = [Float32Array.of(0.25, 1, 4), Float32Array.of(1, 0, 1)]
  const lists = [[inout(param, 'exact')], [input(grad)], [inout(square, 'exact')], [inout(average, 'exact')], []]
  checkCalls([{ kernel: 'rmspropStep', title: 'variances', args: [plain(problem), ...lists.map(list)] }], backends())
  const after = param.slice()
  rmspropStep(problem, [after], [grad], [square.slice()], [average.slice()], [])
  expect([after[0], after[1]]).toEqual([0, Number.NaN])
})

const group = fc.record({
  sizes: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 5 }),
  ...{ lr: fc.constantFrom(0.1, 0.003), alpha: fc.constantFrom(0, 0.99), eps: fc.constantFrom(1e-8, 0.1) },
  ...{ weightDecay: fc.constantFrom(0, 0.1), momentum: fc.constantFrom(0, 0.9) },
  ...{ centered: fc.boolean(), maximize: fc.boolean() },
})
itHoldsForRandom('rmsprop', fc.record({ groups: fc.array(group, { minLength: 1, maxLength: 3 }) }), calls, 80)
