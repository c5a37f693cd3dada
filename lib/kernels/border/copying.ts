import type { CastProblem } from '../../reference/cast.ts'
import type { CopyProblem } from '../../reference/copy.ts'
import type { GatherRowsProblem } from '../../reference/gather_rows.ts'
import type { ImageCropProblem } from '../../reference/image_crop.ts'
import type { PadProblem } from '../../reference/pad.ts'
import type { NormalProblem, UniformProblem } from '../../reference/random.ts'

/** Moving and drawing of elements. */
export interface CopyingKernels<B> {
  fill(size: number, value: number, output: B): void
  copy(problem: CopyProblem, input: B, output: B): void
  cast(problem: CastProblem, input: B, output: B): void
  gatherRows(problem: GatherRowsProblem, input: B, indices: B, output: B): void
  /** `input` is uint8, `placement` and `rectangles` are int32. */
  imageCrop(
    problem: ImageCropProblem,
    input: B,
    placement: B,
    levels: B,
    rectangles: B | null,
    values: B | null,
    output: B,
  ): void
  /** Elements of `itemSize` bytes; `value` is one of them, for mode constant. */
  padForward(problem: PadProblem, input: B, value: B | null, output: B): void
  padBackward(problem: PadProblem, gradOutput: B, gradInput: B): void

  randomUniform(problem: UniformProblem, output: B): void
  randomNormal(problem: NormalProblem, output: B): void
}
