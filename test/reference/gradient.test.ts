import * as reference from '../../lib/reference/index.ts'
import { pixels, windows } from '../cases/max_pool.ts'
import { integersBelow } from '../support/data.ts'
import { type Differentiable, describeOp, random } from '../support/gradient.ts'

describeOp('conv2d', (given) => {
  // The backward passes are those of the sum; the rectification has its own.
  const problem = { ...given, relu: false }
  const { n, g, ic, ih, iw, oc, oh, ow, kh, kw } = problem
  const [image, weight, bias] = [random(n * ih * iw * ic, 1), random((oc * kh * kw * ic) / g, 2), random(oc, 3)]
  return [
    {
      inputs: [image, weight, bias],
      outputSize: n * oh * ow * oc,
      forward: (output) => reference.conv2dForward(problem, image, weight, bias, output, null),
      backward(gradOutput, [gradInput, gradWeight, gradBias]) {
        reference.conv2dBackwardInput(problem, gradOutput, weight, gradInput)
        reference.conv2dBackwardWeight(problem, image, gradOutput, gradWeight, gradBias)
      },
    },
  ]
})

describeOp('conv3d', (problem) => {
  const { n, g, ic, id, ih, iw, oc, od, oh, ow, kd, kh, kw } = problem
  const [image, bias] = [random(n * id * ih * iw * ic, 1), random(oc, 3)]
  const weight = random((oc * kd * kh * kw * ic) / g, 2)
  return [
    {
      inputs: [image, weight, bias],
      outputSize: n * od * oh * ow * oc,
      forward: (output) => reference.conv3dForward(problem, image, weight, bias, output),
      backward(gradOutput, [gradInput, gradWeight, gradBias]) {
        reference.conv3dBackwardInput(problem, gradOutput, weight, gradInput)
        reference.conv3dBackwardWeight(problem, image, gradOutput, gradWeight, gradBias)
      },
    },
  ]
})

describeOp('linear', (problem) => {
  const { n, ic, oc } = problem
  const [rows, weight, bias] = [random(n * ic, 1), random(oc * ic, 2), random(oc, 3)]
  return [
    {
      inputs: [rows, weight, bias],
      outputSize: n * oc,
      forward: (output) => reference.linearForward(problem, rows, weight, bias, output),
      backward(gradOutput, [gradInput, gradWeight, gradBias]) {
        reference.linearBackwardInput(problem, gradOutput, weight, gradInput)
        reference.linearBackwardWeight(problem, rows, gradOutput, gradWeight, gradBias)
      },
    },
  ]
})

describeOp('max_pool', (problem) => {
  const image = random(pixels(problem), 1)
  const outputSize = windows(problem)
  const argmax = problem.positions ? new Int32Array(outputSize) : new Uint8Array(outputSize)
  return [
    {
      inputs: [image],
      outputSize,
      forward: (output) => reference.maxPoolForward(problem, image, output, argmax),
      backward: (gradOutput, [gradInput]) => reference.maxPoolBackward(problem, gradOutput, argmax, gradInput),
    },
  ]
})

describeOp('batch_norm', (problem) => {
  const { rows, c, add, relu } = problem
  const [data, weight, bias] = [random(rows * c, 1), random(c, 2), random(c, 3)]
  const [mean, rstd] = [new Float64Array(c), new Float64Array(c)]
  const [runningMean, runningVar] = [random(c, 4), random(c, 5, 0.5, 2)]
  const residual = add ? random(rows * c, 6) : null
  const bits = relu ? new Uint8Array(Math.ceil((rows * c) / 8)) : null
  // Without a ReLU between, the residual's gradient is that of the output.
  const last = (gradOutput: Float64Array, grads: Float64Array[]): Float64Array | null => {
    if (add && !relu) grads[3].set(gradOutput)
    return add && relu ? grads[3] : null
  }
  const training: Differentiable = {
    inputs: residual === null ? [data, weight, bias] : [data, weight, bias, residual],
    outputSize: rows * c,
    forward: (output) =>
      reference.batchNormForward(problem, data, null, weight, bias, null, null, mean, rstd, residual, bits, output),
    backward(gradOutput, grads) {
      const own = three(grads)
      reference.batchNormBackward(
        ...([problem, data, gradOutput, mean, rstd, weight, bits, ...own, last(gradOutput, grads)] as const),
      )
    },
  }
  const running = [runningMean, runningVar] as const
  const evaluation: Differentiable = {
    ...training,
    forward: (output) =>
      reference.batchNormEvalForward(problem, data, ...running, weight, bias, residual, bits, output),
    backward(gradOutput, grads) {
      const own = three(grads)
      reference.batchNormEvalBackward(
        ...([problem, data, gradOutput, ...running, weight, bits, ...own, last(gradOutput, grads)] as const),
      )
    },
  }
  // Two values a channel normalize to ±1 whatever they are: the differences there are of rounding only.
  return rows > 2 ? [training, evaluation] : [evaluation]
})

const three = (grads: Float64Array[]): [Float64Array, Float64Array, Float64Array] => [grads[0], grads[1], grads[2]]

describeOp('relu', ({ size }) => {
  const data = random(size, 1)
  const output = new Float64Array(size)
  return [
    {
      inputs: [data],
      outputSize: size,
      forward(to) {
        reference.reluForward(size, data, to)
        output.set(to)
      },
      backward: (gradOutput, [gradInput]) => reference.reluBackward(size, output, gradOutput, gradInput),
    },
  ]
})

describeOp('dropout', (problem) => {
  const data = random(problem.n * problem.spatial * problem.c, 1)
  return [
    {
      inputs: [data],
      outputSize: data.length,
      forward: (output) => reference.dropout(problem, data, output),
      backward: (gradOutput, [gradInput]) =>
        reference.dropout({ ...problem, shift: 0, dropped: 0 }, gradOutput, gradInput),
    },
  ]
})

const softmaxes = [
  [reference.softmaxForward, reference.softmaxBackward],
  [reference.logSoftmaxForward, reference.logSoftmaxBackward],
] as const

describeOp('log_softmax', (problem) => {
  const data = random(problem.outer * problem.size * problem.inner, 1, -3, 3)
  return softmaxes.map(([forward, backward]) => {
    const saved = new Float64Array(data.length)
    return {
      inputs: [data],
      outputSize: data.length,
      forward(output) {
        forward(problem, data, output)
        saved.set(output)
      },
      // `saved` is the output at the point itself: the backward pass runs before any difference is taken.
      backward: (gradOutput, [gradInput]) => backward(problem, saved, gradOutput, gradInput),
    }
  })
})

describeOp('cross_entropy', (problem) => {
  const { rows, c, reduction } = problem
  const logits = random(rows * c, 1, -3, 3)
  const target = integersBelow(c, rows, 2)
  return [null, random(c, 3, 0.5, 2)].map((weight) => {
    const [saved, total] = [new Float64Array(2 * rows), new Float64Array(1)]
    return {
      inputs: [logits],
      outputSize: reduction === 'none' ? rows : 1,
      forward: (loss) => reference.crossEntropyForward(problem, logits, target, weight, loss, saved, total),
      backward(gradLoss, [gradLogits]) {
        reference.crossEntropyBackward(problem, gradLoss, logits, target, weight, saved, total, gradLogits)
      },
    }
  })
})

describeOp('adaptive_max_pool', (problem) => {
  const image = random(pixels(problem), 1)
  const outputSize = windows(problem)
  const positions = new Int32Array(outputSize)
  return [
    {
      inputs: [image],
      outputSize,
      forward: (output) => reference.adaptiveMaxPoolForward(problem, image, output, positions),
      backward: (gradOutput, [gradInput]) =>
        reference.adaptiveMaxPoolBackward(problem, gradOutput, positions, gradInput),
    },
  ]
})

describeOp('avg_pool', (problem) => {
  const image = random(pixels(problem), 1)
  return [
    {
      inputs: [image],
      outputSize: windows(problem),
      forward: (output) => reference.avgPoolForward(problem, image, output),
      backward: (gradOutput, [gradInput]) => reference.avgPoolBackward(problem, gradOutput, gradInput),
    },
  ]
})

describeOp('adaptive_avg_pool', (problem) => {
  const image = random(pixels(problem), 1)
  return [
    {
      inputs: [image],
      outputSize: windows(problem),
      forward: (output) => reference.adaptiveAvgPoolForward(problem, image, output),
      backward: (gradOutput, [gradInput]) => reference.adaptiveAvgPoolBackward(problem, gradOutput, gradInput),
    },
  ]
})

describeOp('max_unpool', (problem) => {
  const maxima = random(pixels(problem), 1)
  const { od, oh, ow, c } = problem
  // No position comes twice in a plane: which of two stays is not differentiable.
  const places = maxima.map((_, i) => (Math.floor(i / c) * 3) % (od * oh * ow))
  const positions = Int32Array.from(places)
  return [
    {
      inputs: [maxima],
      outputSize: windows(problem),
      forward: (output) => reference.maxUnpoolForward(problem, maxima, positions, output),
      backward: (gradOutput, [gradInput]) => reference.maxUnpoolBackward(problem, gradOutput, positions, gradInput),
    },
  ]
})
