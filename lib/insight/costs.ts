import type { Conv2dProblem, Conv3dProblem, LinearProblem, MatmulProblem } from '../reference/index.ts'
import { sizeOf } from '../util/shape.ts'

const convolution = (problem: Conv2dProblem & Partial<Conv3dProblem>): number => {
  const { n, g, ic, oc, od = 1, oh, ow, kd = 1, kh, kw } = problem
  return n * od * oh * ow * oc * (ic / g) * kd * kh * kw
}

// The sums of products by the first word of their kernels' names; all passes of one problem cost the same.
const PRODUCTS: Record<string, (problem: never) => number> = {
  conv2d: convolution,
  conv3d: convolution,
  linear: ({ n, ic, oc }: LinearProblem) => n * ic * oc,
  matmul: ({ batchShape, m, k, n }: MatmulProblem) => sizeOf(batchShape) * m * k * n,
}

/**
 * Multiply-accumulates of a kernel: those of convolutions, linear layers and matrix products, products with padding
 * included, as is the custom. Everything else moves more than it multiplies and counts as 0.
 *
 * An algorithm may need fewer; this is the size of the problem.
 */
export function macsOf(name: string, args: readonly unknown[]): number {
  const [word] = /^[a-z]+\d*d?/.exec(name) ?? ['']
  const count = PRODUCTS[word]
  return count === undefined ? 0 : count(args[0] as never)
}
