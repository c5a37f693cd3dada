import fc from 'fast-check'
import type { AdagradProblem } from '../../lib/reference/index.ts'
import { adagrad } from '../cases/adagrad.ts'
import type { KernelCall } from '../support/check_op.ts'
import { describeCases, itHoldsForRandom } from '../support/native_cases.ts'
import { stepCalls, withSmallParameters } from '../support/optimizer_calls.ts'

const sums = { has: () => true, low: 0 }
const calls = (problem: AdagradProblem): KernelCall[] => stepCalls('adagrad', 'adagradStep', problem, [sums])

describeCases(adagrad, calls, withSmallParameters)

const group = fc.record({
  sizes: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 5 }),
  ...{ lr: fc.constantFrom(0.1, 0.003), eps: fc.constantFrom(1e-10, 0.1) },
  ...{ weightDecay: fc.constantFrom(0, 0.1), maximize: fc.boolean() },
})
itHoldsForRandom('adagrad', fc.record({ groups: fc.array(group, { minLength: 1, maxLength: 3 }) }), calls, 60)
