import { fuses } from '../ops/fusion.ts'
import { addRelu } from '../ops/relu.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Module } from './module.ts'

// Modules are known by their `forward`: a hook wraps it and a subclass overrides it, so either ends the fusion by itself,
// and everybody sees what he would see without it.
type WithForward = { prototype: { forward: object } }

/** A normalization that can add a residual and rectify in the pass that normalizes. */
export interface FusedNorm {
  /** `forward` and what follows it: `relu(forward(input) + residual)`, without what is not asked for. */
  forwardThen(input: Tensor, behind: { residual: Tensor | null; relu: boolean }): Tensor
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

/** A convolution that can rectify what it stores. */
export interface FusedConv {
  /** `relu(forward(input))`. */
  forwardRectified(input: Tensor): Tensor
}

const convs = new WeakSet<object>()

/** Declares convolutions whose `forward` is that of {@link FusedConv}. */
export function registerConvs(...classes: readonly (WithForward & { prototype: FusedConv })[]): void {
  for (const { prototype } of classes) convs.add(prototype.forward)
}

/**
 * The first module and the one behind it as one op, `second(first(input))`; null when they cannot run so. `third` stands
 * behind them: a pooling that will rectify its input saves a whole tensor, a convolution its second pass.
 */
export function fusedPair(
  first: Module,
  second: Module | undefined,
  third: Module | undefined,
): ((input: Tensor) => Tensor) | null {
  if (second === undefined || !fuses()) return null
  if (convs.has(first.forward) && rectifiers.has(second.forward)) {
    if (third !== undefined && fusedPair(second, third, undefined) !== null) return null
    return (input) => (first as unknown as FusedConv).forwardRectified(input)
  }
  if (norms.has(first.forward) && rectifiers.has(second.forward)) {
    const norm = first as unknown as FusedNorm
    return (input) => norm.forwardThen(input, { residual: null, relu: true })
  }
  if (rectifiers.has(first.forward) && pools.has(second.forward)) {
    const pool = second as unknown as FusedPool
    // Which zero of several is the maximum is only known after the rectification.
    return pool.options.returnIndices ? null : (input) => pool.forwardRectified(input)
  }
  return null
}

/** The modules and the sum as one op, `activation(norm(input) + residual)`; null when they cannot run so. */
export function fusedSum(
  norm: Module,
  activation: Module | null,
): ((input: Tensor, residual: Tensor) => Tensor) | null {
  if (!norms.has(norm.forward) || (activation !== null && !rectifiers.has(activation.forward)) || !fuses()) return null
  const relu = activation !== null
  return (input, residual) => (norm as unknown as FusedNorm).forwardThen(input, { residual, relu })
}

/** A sum and the activation behind it as one op, `activation(a + b)`; null when they cannot run so. */
export function fusedAdd(activation: Module | undefined): ((a: Tensor, b: Tensor) => Tensor) | null {
  return activation !== undefined && rectifiers.has(activation.forward) && fuses() ? addRelu : null
}
