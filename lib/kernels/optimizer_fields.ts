import type { AdagradProblem } from '../reference/adagrad.ts'
import type { AdamProblem } from '../reference/adam.ts'
import type { ClipGradProblem } from '../reference/clip_grad.ts'
import type { EmaProblem } from '../reference/ema.ts'
import type { RmspropProblem } from '../reference/rmsprop.ts'
import type { SgdProblem } from '../reference/sgd.ts'
import { type Field, flag, list, number, short } from './problem_field.ts'

/** The problems of what works on all parameters of a model at once. */
export interface OptimizerProblems {
  sgd: SgdProblem
  adam: AdamProblem
  rmsprop: RmspropProblem
  adagrad: AdagradProblem
  ema: EmaProblem
  clip_grad: ClipGradProblem
}

/** Ops whose problem is `{ groups }`, a list of settings; their fields are those of one group. */
export const grouped: ReadonlySet<string> = new Set<keyof OptimizerProblems>(['sgd', 'adam', 'rmsprop', 'adagrad'])

/** The parts of their problem strings, in their order. */
export const optimizerFields: Record<keyof OptimizerProblems, readonly Field[]> = {
  sgd: [
    list('sizes', 'sizes'),
    number('lr'),
    number('momentum', 0),
    number('dampening', 0),
    short('weightDecay', 'decay', 0),
    flag('nesterov'),
    flag('decoupled'),
    flag('maximize'),
    flag('first'),
  ],
  adam: [
    list('sizes', 'sizes'),
    number('lr'),
    // After the averages m and v of the paper; without corrections, as after many steps.
    short('beta1', 'm', 0.9),
    short('beta2', 'v', 0.999),
    short('correction1', 'mc', 1),
    short('correction2', 'vc', 1),
    number('eps', 1e-8),
    short('weightDecay', 'decay', 0),
    flag('decoupled'),
    flag('amsgrad'),
    flag('maximize'),
  ],
  rmsprop: [
    list('sizes', 'sizes'),
    number('lr'),
    number('alpha', 0.99),
    number('eps', 1e-8),
    short('weightDecay', 'decay', 0),
    number('momentum', 0),
    flag('centered'),
    flag('maximize'),
  ],
  adagrad: [
    list('sizes', 'sizes'),
    number('lr'),
    number('eps', 1e-10),
    short('weightDecay', 'decay', 0),
    flag('maximize'),
  ],
  ema: [list('sizes', 'sizes'), number('decay')],
  clip_grad: [list('sizes', 'sizes'), number('limit'), number('p', 2), flag('onlyFinite', 'finite')],
}
