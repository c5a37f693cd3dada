import * as reference from '../../lib/reference/index.ts'
import { describeOp, random } from '../support/gradient.ts'

const three = (grads: Float64Array[]): [Float64Array, Float64Array, Float64Array] => [grads[0], grads[1], grads[2]]

describeOp('group_norm', (problem) => {
  const { n, spatial, c, groups } = problem
  // Two values a group, or one, normalize to constants: the differences there are of rounding only.
  if ((spatial * c) / groups <= 2) return []
  const [data, weight, bias] = [random(n * spatial * c, 1), random(c, 2), random(c, 3)]
  const [mean, rstd] = [new Float64Array(n * groups), new Float64Array(n * groups)]
  return [
    {
      inputs: [data, weight, bias],
      outputSize: data.length,
      forward: (output) => reference.groupNormForward(problem, data, weight, bias, mean, rstd, output),
      backward(gradOutput, grads) {
        reference.groupNormBackward(problem, data, gradOutput, mean, rstd, weight, ...three(grads))
      },
    },
  ]
})

describeOp('layer_norm', (problem) => {
  const { rows, size } = problem
  // One value becomes 0, and two ±1, whatever they are.
  if (size <= 2) return []
  const [data, weight, bias] = [random(rows * size, 1), random(size, 2), random(size, 3)]
  const [mean, rstd] = [new Float64Array(rows), new Float64Array(rows)]
  return [
    {
      inputs: [data, weight, bias],
      outputSize: data.length,
      forward: (output) => reference.layerNormForward(problem, data, weight, bias, mean, rstd, output),
      backward(gradOutput, grads) {
        reference.layerNormBackward(problem, data, gradOutput, mean, rstd, weight, ...three(grads))
      },
    },
  ]
})

describeOp('rms_norm', (problem) => {
  const { rows, size } = problem
  // One value becomes ±1.
  if (size === 1) return []
  const [data, weight] = [random(rows * size, 1), random(size, 2)]
  const rstd = new Float64Array(rows)
  return [
    {
      inputs: [data, weight],
      outputSize: data.length,
      forward: (output) => reference.rmsNormForward(problem, data, weight, rstd, output),
      backward(gradOutput, [gradInput, gradWeight]) {
        reference.rmsNormBackward(problem, data, gradOutput, rstd, weight, gradInput, gradWeight)
      },
    },
  ]
})

describeOp('local_response_norm', (problem) => {
  const data = random(problem.rows * problem.c, 1)
  return [
    {
      inputs: [data],
      outputSize: data.length,
      forward: (output) => reference.localResponseNormForward(problem, data, output),
      backward: (gradOutput, [gradInput]) => reference.localResponseNormBackward(problem, data, gradOutput, gradInput),
    },
  ]
})
