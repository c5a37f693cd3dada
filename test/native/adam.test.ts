import fc from 'fast-check'
import type { AdamGroup, AdamProblem } from '../../lib/reference/index.ts'
import { adam } from '../cases/adam.ts'
import type { KernelCall } from '../support/check_op.ts'
import { describeCases, itHoldsForRandom } from '../support/native_cases.ts'
import { stepCalls, withSmallParameters } from '../support/optimizer_calls.ts'

const averages = { has: () => true, low: -1 }
const squares = { has: () => true, low: 0 }
const tops = { has: ({ amsgrad }: AdamGroup): boolean => amsgrad, low: 0 }
const calls = (problem: AdamProblem): KernelCall[] => stepCalls('adam', 'adamStep', problem, [averages, squares, tops])

describeCases(adam, calls, withSmallParameters)

const correction = fc.constantFrom(1, 0.1, 0.002997)
const group = fc.record({
  sizes: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 5 }),
  ...{ lr: fc.constantFrom(0.1, 0.003), beta1: fc.constantFrom(0, 0.9), beta2: fc.constantFrom(0.999, 0.5) },
  ...{ correction1: correction, correction2: correction, eps: fc.constantFrom(1e-8, 0.1) },
  ...{ weightDecay: fc.constantFrom(0, 5e-4, 0.1), decoupled: fc.boolean() },
  ...{ amsgrad: fc.boolean(), maximize: fc.boolean() },
})
itHoldsForRandom('adam', fc.record({ groups: fc.array(group, { minLength: 1, maxLength: 3 }) }), calls, 80)
