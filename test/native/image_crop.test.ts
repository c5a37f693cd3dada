import { printProblem } from '../../lib/kernels/problem_string.ts'
import { type ImageCropProblem, LEVELS } from '../../lib/reference/image_crop.ts'
import { imageCrop } from '../cases/image_crop.ts'
import { input, type KernelCall, output, plain } from '../support/check_op.ts'
import { integersBelow, uniform } from '../support/data.ts'
import { describeCases } from '../support/native_cases.ts'

/** Windows and rectangles that hang over every side, images flipped each way. */
function calls(problem: ImageCropProblem): KernelCall[] {
  const { n, c, ih, iw, oh, ow, rectangles } = problem
  const pixels = Uint8Array.from(integersBelow(256, n * ih * iw * c, 1))
  const drawn = integersBelow(1000, 4 * n, 2)
  const placement = Int32Array.from(drawn, (value, i) => {
    if (i % 4 > 1) return value % 2
    const [size, window] = i % 4 === 0 ? [ih, oh] : [iw, ow]
    return (value % (size + 2 * window + 3)) - window - 1
  })
  const corners = integersBelow(1000, 4 * n * rectangles, 3)
  const sides = [oh, ow, oh, ow]
  const painted = corners.map((value, i) => (value % (sides[i % 4] + 4)) - 2)
  const args = [
    plain(problem),
    ...[input(pixels), input(placement), input(uniform(c * LEVELS, 4))],
    input(rectangles > 0 ? painted : null),
    input(rectangles > 0 ? uniform(rectangles * c, 5) : null),
    output(n * oh * ow * c, 'exact'),
  ]
  return [{ kernel: 'imageCrop', title: printProblem('image_crop', problem), args }]
}

describeCases(imageCrop, calls, (problem) => ({ ...problem, n: Math.min(problem.n, 5) }))
