import type { ProblemOp, Problems } from '../../lib/kernels/problem_string.ts'

/** Named problems of one op, as problem strings, with the work that one forward pass of a problem does. */
export interface CaseSet<Op extends ProblemOp> {
  op: Op
  /** What real models run, at their real batch size. */
  layers: Readonly<Record<string, string>>
  /** Small problems around the edges of shapes, lanes and tiles. */
  edges: Readonly<Record<string, string>>
  /** Floating-point operations; a comparison or a call of exp or log counts as one. */
  flops(problem: Problems[Op]): number
  /** Bytes that have to be read and written at least: every operand once. */
  bytes(problem: Problems[Op]): number
}

/** Sizes of the parameters of a group of an optimizer's step, as its problem string has them. */
export const SIZES = {
  mlp: 'sizes100352x128x128x128x8192x64x64x64x640x10',
  lenet: 'sizes500x20x25000x50x1225000x500x5000x10',
  /** ResNet-18 with 1000 classes: 11,689,512 numbers in 62 parameters. */
  resnet18: `sizes${resnet18Sizes().join('x')}`,
} as const

function resnet18Sizes(): number[] {
  const block = (ic: number, oc: number): number[] => [
    ...[ic * oc * 9, oc, oc, oc * oc * 9, oc, oc],
    ...(ic === oc ? [] : [ic * oc, oc, oc]),
  ]
  const stages = [64, 128, 256, 512].flatMap((oc) => [...block(oc === 64 ? 64 : oc / 2, oc), ...block(oc, oc)])
  return [64 * 3 * 49, 64, 64, ...stages, 512 * 1000, 1000]
}

/** Elements of all parameters of an optimizer's step, each counted as often as `per` says for its group. */
export function countElements<Group extends { sizes: readonly number[] }>(
  groups: readonly Group[],
  per: (group: Group) => number = () => 1,
): number {
  return groups.reduce((total, group) => total + per(group) * group.sizes.reduce((sum, size) => sum + size, 0), 0)
}

/** Bytes of one float32 or int32. */
export const ITEM = 4

/** Product of the sizes of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
