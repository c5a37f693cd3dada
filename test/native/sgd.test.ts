import fc from 'fast-check'
import type { SgdGroup, SgdProblem } from '../../lib/reference/index.ts'
import { sgd } from '../cases/sgd.ts'
import type { KernelCall } from '../support/check_op.ts'
import { describeCases, itHoldsForRandom } from '../support/native_cases.ts'
import { stepCalls, withSmallParameters } from '../support/optimizer_calls.ts'

const buffers = { has: ({ momentum }: SgdGroup): boolean => momentum !== 0, low: -1 }
const calls = (problem: SgdProblem): KernelCall[] => stepCalls('sgd', 'sgdStep', problem, [buffers])

describeCases(sgd, calls, withSmallParameters)

const group = fc.record({
  sizes: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 5 }),
  ...{ lr: fc.constantFrom(0.1, 0.003, 1), momentum: fc.constantFrom(0, 0.9, 0.5) },
  ...{ dampening: fc.constantFrom(0, 0.1), weightDecay: fc.constantFrom(0, 5e-4, 0.1) },
  ...{ nesterov: fc.boolean(), decoupled: fc.boolean(), maximize: fc.boolean(), first: fc.boolean() },
})
itHoldsForRandom('sgd', fc.record({ groups: fc.array(group, { minLength: 1, maxLength: 3 }) }), calls, 80)
