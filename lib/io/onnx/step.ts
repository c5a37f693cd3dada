import type { KernelCall } from '../../insight/trace.ts'
import type { Strides } from '../../tensor/layout.ts'
import { StateError } from '../../util/errors.ts'
import type { Shape } from '../../util/shape.ts'
import type { GraphBuilder } from './graph.ts'

/** Where a tensor's elements lie. */
export interface Layout {
  readonly shape: Shape
  readonly strides: Strides
  readonly offset: number
}

/** One op of the forward pass, as its converter sees it. */
export interface StepView {
  /** The library's name of the op. */
  readonly op: string
  readonly graph: GraphBuilder
  /** Names of the inputs' values, null for absent ones. */
  readonly inputs: readonly (string | null)[]
  readonly layouts: readonly (Layout | null)[]
  readonly output: Layout
  /** Kernels that the op called; the last of a name is its own. */
  readonly kernels: readonly KernelCall[]
  /** Name of a tensor that the op keeps for backward. */
  saved(index: number): string
}

/** Adds the nodes that compute an op's output and returns its name. */
export type Converter = (step: StepView) => string

/** Converters by the names of ops. */
export type Converters = Readonly<Record<string, Converter>>

/** An op that cannot be written in ONNX, and why. */
export function noForm({ op }: Pick<StepView, 'op'>, why: string): StateError {
  return new StateError(`${op} has no ONNX form: ${why}`)
}

/** An op that called no kernel, since nothing goes in or comes out. */
export function noElements(op: string): StateError {
  return noForm({ op }, 'there is nothing to compute for tensors without elements')
}

/** The first input, which every op has, and its layout. */
export function only(step: StepView): { input: string; layout: Layout } {
  return { input: step.inputs[0] as string, layout: step.layouts[0] as Layout }
}

/** Arguments of the last call of one of the kernels; null when the op called none of them. */
export function findKernel(step: StepView, ...names: readonly string[]): readonly unknown[] | null {
  return step.kernels.findLast(({ name }) => names.includes(name))?.args ?? null
}

/** The problem of the last call of one of the kernels. */
export function problemOf<Problem>(step: StepView, ...names: readonly string[]): Problem {
  const args = findKernel(step, ...names)
  if (args === null) throw noElements(step.op)
  return args[0] as Problem
}

/** A problem's numbers for the last `rank` of depth, height and width: `axis(problem, 's', 2)` is `[sh, sw]`. */
export function perAxis(problem: object, letter: string, rank: number): number[] {
  const fields = problem as Record<string, number>
  return ['d', 'h', 'w'].slice(3 - rank).map((axis) => fields[`${letter}${axis}`])
}

/** Padding at the far ends such that windows of that reach fit exactly; 0 where some of the input is left over. */
export function farEnds(sizes: {
  input: readonly number[]
  output: readonly number[]
  reach: readonly number[]
  stride: readonly number[]
  before: readonly number[]
}): number[] {
  const { input, output, reach, stride, before } = sizes
  return output.map((size, i) => Math.max(0, (size - 1) * stride[i] + reach[i] - input[i] - before[i]))
}
