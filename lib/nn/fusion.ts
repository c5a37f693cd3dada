import { fuses } from '../ops/fusion.ts'
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

/** The modules as one op, `second(first(input))`; null when they cannot run so. */
export function fusedPair(first: Module, second: Module | undefined): ((input: Tensor) => Tensor) | null {
  if (second === undefined || !norms.has(first.forward) || !rectifiers.has(second.forward) || !fuses()) return null
  return (input) => (first as unknown as FusedNorm).forwardThen(input, { residual: null, relu: true })
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
