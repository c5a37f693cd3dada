import type { Behind } from '../ops/batch_norm.ts'
import { fuses } from '../ops/fusion.ts'
import { addRelu } from '../ops/relu.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Module } from './module.ts'

// Modules are known by their `forward`: a hook wraps it and a subclass overrides it, so either ends the fusion by itself,
// and everybody sees what he would see without it.
type WithForward = { prototype: { forward: object } }

/** A normalization that can add a residual and rectify in the pass that normalizes. */
export interface FusedNorm {
  /** Whether the next batch is normalised by its own statistics. */
  readonly measuresBatch: boolean
  /** `forward` and what follows it: `relu(forward(input) + residual)`, without what is not asked for. */
  forwardThen(input: Tensor, behind: Behind): Tensor
}

const norms = new WeakSet<object>()
const rectifiers = new WeakSet<object>()

/** Declares normalizations whose `forward` is that of {@link FusedNorm}. */
export function registerNorms(...classes: readonly (WithForward & { prototype: FusedNorm })[]): void {
  for (const { prototype } of classes) norms.add(prototype.forward)
}

/** Declares modules that compute `max(0, input)`. */
export function registerRectifiers(...classes: readonly WithForward[]): void {
  for (const { prototype } of classes) rectifiers.add(prototype.forward)
}

/** A pooling that can rectify what it reads. */
export interface FusedPool {
  readonly options: { readonly returnIndices: boolean }
  /** `forward(relu(input))`, without indices. */
  forwardRectified(input: Tensor): Tensor
}

const pools = new WeakSet<object>()

/** Declares poolings whose `forward` is that of {@link FusedPool}. */
export function registerPools(...classes: readonly (WithForward & { prototype: FusedPool })[]): void {
  for (const { prototype } of classes) pools.add(prototype.forward)
}

/** A convolution that can rectify or measure what it stores. */
export interface FusedConv {
  /** `relu(forward(input))`. */
  forwardRectified(input: Tensor): Tensor
  /** `forward(input)` and the moments of that; null where they are not gathered. */
  forwardMeasured(input: Tensor): [output: Tensor, moments: Tensor | null]
}

const convs = new WeakSet<object>()

/** Declares convolutions whose `forward` is that of {@link FusedConv}. */
export function registerConvs(...classes: readonly (WithForward & { prototype: FusedConv })[]): void {
  for (const { prototype } of classes) convs.add(prototype.forward)
}

/** Modules that run as one op, and how. */
export interface FusedRun {
  /** How many modules. */
  length: number
  run(input: Tensor): Tensor
}

/** The modules from `at` on that run as one op; null when the first of them runs alone. */
export function fusedRun(modules: readonly Module[], at: number): FusedRun | null {
  if (at + 1 >= modules.length || !fuses()) return null
  const [first, second, third] = modules.slice(at, at + 3)
  const rectified = third !== undefined && rectifiers.has(third.forward)
  const normalized = measuredNorm(first, second)
  if (normalized !== null) {
    const run = (input: Tensor): Tensor => normalized(input, { residual: null, relu: rectified })
    return { length: rectified ? 3 : 2, run }
  }
  if (convs.has(first.forward) && rectifiers.has(second.forward)) {
    // A pooling that will rectify its input saves a whole tensor, a convolution its second pass.
    if (fusedRun(modules, at + 1) !== null) return null
    return { length: 2, run: (input) => (first as unknown as FusedConv).forwardRectified(input) }
  }
  if (norms.has(first.forward) && rectifiers.has(second.forward)) {
    const norm = first as unknown as FusedNorm
    return { length: 2, run: (input) => norm.forwardThen(input, { residual: null, relu: true }) }
  }
  if (rectifiers.has(first.forward) && pools.has(second.forward)) {
    const pool = second as unknown as FusedPool
    // Which zero of several is the maximum is only known after the rectification.
    return pool.options.returnIndices ? null : { length: 2, run: (input) => pool.forwardRectified(input) }
  }
  return null
}

/** A convolution that gathers the statistics of its output for the batch normalization behind it; null when they are none. */
function measuredNorm(first: Module, second: Module): ((input: Tensor, behind: Behind) => Tensor) | null {
  if (!convs.has(first.forward) || !norms.has(second.forward)) return null
  const conv = first as unknown as FusedConv
  const norm = second as unknown as FusedNorm
  if (!norm.measuresBatch) return null
  return (input, { residual, relu }) => {
    const [output, moments] = conv.forwardMeasured(input)
    const normalized = norm.forwardThen(output, { residual, relu, moments })
    // What backward needs of the output is kept by the tape.
    output.dispose()
    moments?.dispose()
    return normalized
  }
}

/** The end of a residual block in one op, and how many modules of its branch that takes. */
export interface FusedSum {
  taken: number
  sum(input: Tensor, residual: Tensor): Tensor
}

/** `activation(norm(input) + residual)` with the convolution before the norm, if there is one; null when they cannot run so. */
export function fusedSum(branch: readonly Module[], norm: Module, activation: Module | null): FusedSum | null {
  if (!norms.has(norm.forward) || (activation !== null && !rectifiers.has(activation.forward)) || !fuses()) return null
  const relu = activation !== null
  const last = branch.at(-1)
  const normalized = last === undefined ? null : measuredNorm(last, norm)
  if (normalized !== null) return { taken: 1, sum: (input, residual) => normalized(input, { residual, relu }) }
  return { taken: 0, sum: (input, residual) => (norm as unknown as FusedNorm).forwardThen(input, { residual, relu }) }
}

/** A sum and the activation behind it as one op, `activation(a + b)`; null when they cannot run so. */
export function fusedAdd(activation: Module | undefined): ((a: Tensor, b: Tensor) => Tensor) | null {
  return activation !== undefined && rectifiers.has(activation.forward) && fuses() ? addRelu : null
}
