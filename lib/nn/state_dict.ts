import { noGrad } from '../autograd/grad_mode.ts'
import '../ops/copy.ts'
import { channelsLastStrides } from '../tensor/layout.ts'
import { untracked } from '../tensor/scope.ts'
import { emptyTensor, Tensor } from '../tensor/tensor.ts'
import { FormatError, StateError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import type { Module } from './module.ts'
import { LazyBuffer, LazyParameter, type Parameter } from './parameter.ts'

/** Tensors by their names in PyTorch's state dicts, such as `0.weight` or `bn1.running_mean`. */
export type StateDict = Record<string, Tensor>

/** How exactly a state has to fit the module that loads it. */
export interface LoadOptions {
  /**
   * Whether missing and unexpected names are errors, `true` by default: {@link FormatError}, which leaves the module as
   * it was.
   */
  strict?: boolean
}

/**
 * Names in which a module and the state it loaded differ; of use with `strict: false`, both lists are empty otherwise.
 */
export interface LoadReport {
  /** In the module alone: these kept their values. */
  missing: string[]
  /** In the state alone: these were left out. */
  unexpected: string[]
}

/** All state of a module with its names; a tensor that is shared appears under each of them. */
function* stateOf(module: Module, prefix = ''): Generator<[string, Tensor | Parameter]> {
  for (const [name, parameter] of module.ownParameters()) yield [prefix + name, parameter]
  for (const { key, buffer, persistent } of module.ownBuffers()) if (persistent) yield [prefix + key, buffer]
  for (const [name, child] of module.namedChildren()) yield* stateOf(child, `${prefix}${name}.`)
}

function isLazy(tensor: Tensor): tensor is LazyParameter | LazyBuffer {
  return (tensor instanceof LazyParameter || tensor instanceof LazyBuffer) && tensor.isLazy
}

/** The state of a module by name; the tensors share its memory and are outside the graph. */
export function collectState(module: Module): StateDict {
  const state: StateDict = {}
  for (const [name, tensor] of stateOf(module)) {
    if (isLazy(tensor)) {
      throw new StateError(`stateDict: ${name} is not materialised yet; run one forward pass first to infer its shape`)
    }
    state[name] = tensor.alias()
  }
  return state
}

/** Checks a state dict against a module and, when all of it fits, copies it in. */
export function loadState(module: Module, state: StateDict, { strict = true }: LoadOptions): LoadReport {
  const own = new Map(stateOf(module))
  const missing = [...own.keys()].filter((name) => !Object.hasOwn(state, name))
  const unexpected = Object.keys(state).filter((name) => !own.has(name))
  const problems: string[] = []
  if (strict) {
    problems.push(...missing.map((name) => `missing: ${name}`))
    problems.push(...unexpected.map((name) => `unexpected: ${name}`))
  }
  for (const [name, target] of own) {
    if (!Object.hasOwn(state, name)) continue
    const problem = mismatch(target, state[name])
    if (problem !== null) problems.push(`${name}: ${problem}`)
  }
  if (problems.length > 0) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    throw new FormatError(
      `loadStateDict: ${count} with the state of ${module.constructor.name}, which is unchanged\n  ${problems.join('\n  ')}`,
    )
  }
  noGrad(() => {
    for (const [name, target] of own) if (Object.hasOwn(state, name)) overwrite(target, state[name])
  })
  return { missing, unexpected }
}

/** Why an entry cannot be copied into the module's tensor, or null. */
function mismatch(target: Tensor, source: unknown): string | null {
  if (!(source instanceof Tensor)) return 'expected a tensor'
  if (source.disposed) return 'expected a tensor in use, got a disposed one'
  // A size of 0 in a lazy parameter is still open.
  const open = isLazy(target)
  const fits =
    source.ndim === target.ndim &&
    target.shape.every((size, i) => size === source.shape[i] || (open && size === 0 && source.shape[i] > 0))
  if (!fits) return `expected shape ${formatShape(target.shape)}, got ${formatShape(source.shape)}`
  if ((target.dtype === 'float32') !== (source.dtype === 'float32')) {
    return `expected dtype ${target.dtype}, got ${source.dtype}`
  }
  return null
}

function overwrite(target: Tensor, source: Tensor): void {
  if (isLazy(target)) {
    const strides = source.ndim > 2 ? channelsLastStrides(source.shape) : undefined
    target.materialize(untracked(() => emptyTensor(source.shape, 'float32', strides)))
  }
  target.copy_(source)
}
