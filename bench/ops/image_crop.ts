import { LEVELS } from '../../lib/reference/image_crop.ts'
import { imageCrop as set } from '../../test/cases/image_crop.ts'
import { SEED } from '../fill.ts'
import { bytes, call, classIndices, kernelCase, type OpBench, source, target } from './kernel_case.ts'

/** Images cut out anywhere from 0 to 8 pixels off the corner, a quarter of them outside; half of them flipped. */
export const imageCrop: OpBench<'image_crop'> = {
  set,
  compute: false,
  images: true,
  // torchvision does it image by image, in Python.
  alone: true,
  passes: {
    forward: (problem) => {
      const { n, c, ih, iw, oh, ow, rectangles } = problem
      const painted = rectangles > 0
      const buffers = {
        input: bytes(n * ih * iw * c, SEED.input),
        placement: classIndices(4 * n, SEED.target, 9),
        levels: source(c * LEVELS, SEED.weight),
        ...(painted && { rectangles: classIndices(4 * n * rectangles, SEED.residual, Math.min(oh, ow)) }),
        ...(painted && { values: source(rectangles * c, SEED.bias) }),
        output: target(n * oh * ow * c),
      }
      const [corners, values] = painted ? ['rectangles', 'values'] : [null, null]
      const timed = call('imageCrop', problem, 'input', 'placement', 'levels', corners, values, 'output')
      return kernelCase(buffers, timed, 'output')
    },
  },
}
