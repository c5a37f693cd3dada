import type { CopyingKernels } from './border/copying.ts'
import type { ElementwiseKernels } from './border/elementwise.ts'
import type { LossKernels } from './border/losses.ts'
import type { NormalizationKernels } from './border/normalization.ts'
import type { OptimizerKernels } from './border/optimizers.ts'
import type { PoolingKernels } from './border/pooling.ts'
import type { ProductKernels } from './border/products.ts'

/**
 * The border between the library and arithmetic: one function per kernel, implemented by the addon and by `reference/`.
 *
 * `B` is what a backend calls a buffer: a typed array for the reference, a packed block number for the addon. Buffers
 * hold float32 unless said otherwise, and are dense in the layout that the problem's comment names. Outputs are written
 * whole and may not overlap inputs, but for the element-wise kernels (`unary`, `binary`, `binaryScalar`, `relu*`,
 * `activation*`, `prelu*`, `dropout`), where the output may be an input. `null` stands for an absent optional buffer.
 */
export interface Kernels<B>
  extends CopyingKernels<B>,
    ElementwiseKernels<B>,
    ProductKernels<B>,
    PoolingKernels<B>,
    NormalizationKernels<B>,
    LossKernels<B>,
    OptimizerKernels<B> {}
