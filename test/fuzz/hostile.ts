import fc from 'fast-check'
import { type Program, type Step, specialNames } from './program.ts'

/** More than a byte holds; and what is so in three dimensions, where 300 in each are legal and take the reference minutes. */
const LARGE = 300
const LARGE_VOLUME = 30

// Sizes that nothing can have, and small ones that some things must not have.
const numbers = [0, 1, 2, 3, 7, -1, -2, 0.5, 1.5, 1e-9, LARGE, 2 ** 34, 2 ** 40, 2 ** 53, 1e300, -(2 ** 34), -(2 ** 53)]
const others = [
  null,
  true,
  '',
  'mean',
  'reflect',
  'zeros',
  [],
  [1],
  [0, 0],
  [-1, 2],
  [1, 2, 3, 4, 5],
  [[2]],
  {},
  { stride: 2 },
]

/** What an argument is replaced by. */
const replacement: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>(...numbers) },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(...others) },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(...specialNames) },
  { weight: 1, arbitrary: fc.nat(3).map((i) => `$${i}`) },
)

/** A change of a program, of which most make it illegal. */
export type Change =
  | { kind: 'argument'; at: number; to: unknown }
  | { kind: 'remove'; at: number }
  | { kind: 'option'; name: string; to: unknown }
  | { kind: 'size'; at: number; to: number }
  | { kind: 'dims'; at: number; more: boolean }
  | { kind: 'dtype'; at: number; to: 'int32' | 'uint8' | 'int64' }

const optionNames = [
  'stride',
  'padding',
  'dilation',
  'groups',
  'eps',
  'p',
  'weight',
  'bias',
  'reduction',
  'training',
  'speed',
]

export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('argument' as const), at: fc.nat(20), to: replacement }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('option' as const),
      name: fc.constantFrom(...optionNames),
      to: replacement,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('size' as const), at: fc.nat(12), to: fc.constantFrom(0, 1, 2, 3, 5, 9) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('dims' as const), at: fc.nat(5), more: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ kind: fc.constant('dtype' as const), at: fc.nat(5) },
      to: fc.constantFrom('int32' as const, 'uint8' as const, 'int64' as const),
    }),
  },
)

type Edit = (value: unknown) => unknown

const isOptions = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Applies `edit` to place number `at` among the arguments, lists and options opened up. */
function editPlace(value: unknown, counter: { left: number }, edit: Edit): unknown {
  if (counter.left-- === 0) {
    const edited = edit(value)
    // Options stay an object: anything else the compiler refuses, and so does the language when it opens it.
    return !isOptions(value) || isOptions(edited) ? edited : {}
  }
  if (Array.isArray(value)) return value.map((item) => editPlace(item, counter, edit))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, editPlace(item, counter, edit)]))
}

const countPlaces = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? Object.values(value).reduce((sum: number, item) => sum + countPlaces(item), 1)
    : 1

/** The last call with one place of its arguments changed; a method keeps its tensor. */
function editLast(program: Program, at: number, edit: Edit): Program {
  const steps = [...program.steps]
  const [op, ...args] = steps[steps.length - 1]
  const [kept, open] = /^\.|^nn\.|^optim\./.test(op) ? [args.slice(0, 2), args.slice(2)] : [[], args]
  const held = /^optim\./.test(op) ? kept : kept.slice(0, 1)
  const rest = /^optim\./.test(op) ? open : [...kept.slice(1), ...open]
  const places = rest.reduce((sum: number, arg) => sum + countPlaces(arg), 0)
  if (places === 0) return program
  const counter = { left: at % places }
  steps[steps.length - 1] = [op, ...held, ...rest.map((arg) => editPlace(arg, counter, edit))] as unknown as Step
  return { ...program, steps }
}

function withOption(program: Program, name: string, to: unknown): Program {
  const steps = [...program.steps]
  const step = steps[steps.length - 1]
  const last = step[step.length - 1]
  const options = { ...(isOptions(last) ? (last as object) : {}), [name]: to }
  steps[steps.length - 1] = [...(isOptions(last) ? step.slice(0, -1) : step), options] as unknown as Step
  return { ...program, steps }
}

function withShape(program: Program, at: number, edit: (shape: readonly number[]) => number[]): Program {
  if (program.leaves.length === 0) return program
  const i = at % program.leaves.length
  return { ...program, leaves: program.leaves.with(i, { ...program.leaves[i], shape: edit(program.leaves[i].shape) }) }
}

function fitting({ steps }: Program, to: unknown): unknown {
  return to === LARGE && steps.at(-1)?.[0].endsWith('3d') ? LARGE_VOLUME : to
}

/** The program after a change. */
export function applyChange(program: Program, change: Change): Program {
  switch (change.kind) {
    case 'argument':
      return editLast(program, change.at, () => fitting(program, change.to))
    case 'remove':
      return editLast(program, change.at, () => '#undefined')
    case 'option':
      return withOption(program, change.name, fitting(program, change.to))
    case 'size':
      return withShape(program, change.at, (shape) =>
        shape.length === 0 ? [change.to] : shape.with(change.at % shape.length, change.to),
      )
    case 'dims':
      return withShape(program, change.at, (shape) => (change.more ? [2, ...shape] : shape.slice(1)))
    case 'dtype': {
      if (program.leaves.length === 0) return program
      const i = change.at % program.leaves.length
      return { ...program, leaves: program.leaves.with(i, { ...program.leaves[i], dtype: change.to, grad: false }) }
    }
  }
}
