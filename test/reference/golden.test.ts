import { describe, expect, it } from 'vitest'
import type { Conv2dProblem, MaxPoolProblem } from '../../lib/reference/index.ts'
import * as reference from '../../lib/reference/index.ts'
import { expectGolden, floats, type GoldenCase, goldenCases, integers } from '../support/golden.ts'
import { sizeOf, toChannelsFirst, toChannelsLast } from '../support/layout.ts'

type Pair = [number, number]

/** Top and left padding: `same` puts the odd extra element at the end. */
function leadingPadding(padding: unknown, kernel: Pair, dilation: Pair): Pair {
  if (padding === 'valid') return [0, 0]
  if (padding === 'same') return [0, 1].map((i) => Math.floor((dilation[i] * (kernel[i] - 1)) / 2)) as Pair
  return padding as Pair
}

function convProblem(golden: GoldenCase): Conv2dProblem {
  const [n, ic, ih, iw] = golden.inputs.x.shape
  const [oc, , kh, kw] = golden.inputs.weight.shape
  const [, , oh, ow] = golden.outputs.y.shape
  const [sh, sw] = golden.args.stride as Pair
  const [dh, dw] = golden.args.dilation as Pair
  const [ph, pw] = leadingPadding(golden.args.padding, [kh, kw], [dh, dw])
  return { n, g: golden.args.groups as number, ic, ih, iw, oc, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, relu: false }
}

function channelsLast(golden: GoldenCase, name: string): Float32Array {
  return toChannelsLast(floats(golden.inputs[name])!, golden.inputs[name].shape)
}

describe('conv2d', () => {
  for (const golden of goldenCases('conv2d', (entry) => entry.args.padding_mode === 'zeros')) {
    it(golden.name, () => {
      const problem = convProblem(golden)
      const input = channelsLast(golden, 'x')
      const weight = channelsLast(golden, 'weight')
      const bias = floats(golden.inputs.bias)
      const output = new Float32Array(golden.outputs.y.data.length)
      reference.conv2dForward(problem, input, weight, bias, output, null)
      expectGolden(golden, 'y', toChannelsFirst(output, golden.outputs.y.shape))

      const gradOutput = channelsLast(golden, 'dy')
      const gradInput = new Float32Array(input.length)
      reference.conv2dBackwardInput(problem, gradOutput, weight, gradInput)
      expectGolden(golden, 'dx', toChannelsFirst(gradInput, golden.inputs.x.shape))

      const gradWeight = new Float32Array(weight.length)
      const gradBias = bias === null ? null : new Float32Array(bias.length)
      reference.conv2dBackwardWeight(problem, input, gradOutput, gradWeight, gradBias)
      expectGolden(golden, 'dweight', toChannelsFirst(gradWeight, golden.inputs.weight.shape))
      if (gradBias !== null) expectGolden(golden, 'dbias', gradBias)
    })
  }
})

function maxPoolProblem(golden: GoldenCase): MaxPoolProblem {
  const [n, c, ih, iw] = golden.inputs.x.shape
  const [, , oh, ow] = golden.outputs.y.shape
  const { kernel_size, stride, padding, dilation } = golden.args as Record<string, Pair>
  const [[kh, kw], [sh, sw], [ph, pw], [dh, dw]] = [kernel_size, stride, padding, dilation]
  const plane = { n, c, ih, iw, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw, relu: false }
  return { ...plane, id: 1, od: 1, kd: 1, sd: 1, pd: 0, dd: 1, positions: true, relu: false }
}

describe('max_pool2d', () => {
  for (const golden of goldenCases('max_pool2d')) {
    it(golden.name, () => {
      const problem = maxPoolProblem(golden)
      const input = channelsLast(golden, 'x')
      const output = new Float32Array(golden.outputs.y.data.length)
      const argmax = new Int32Array(output.length)
      reference.maxPoolForward(problem, input, output, argmax)
      expectGolden(golden, 'y', toChannelsFirst(output, golden.outputs.y.shape))
      if (golden.outputs.indices) expectGolden(golden, 'indices', toChannelsFirst(argmax, golden.outputs.y.shape))

      const gradInput = new Float32Array(input.length)
      reference.maxPoolBackward(problem, channelsLast(golden, 'dy'), argmax, gradInput)
      expectGolden(golden, 'dx', toChannelsFirst(gradInput, golden.inputs.x.shape))
    })
  }
})

interface BatchNormState {
  weight: Float32Array | null
  bias: Float32Array | null
  runningMean: Float32Array | null
  runningVar: Float32Array | null
  batches: number
}

/** One step of a case over step `step`; its running state moves on, gradients of weight and bias are added up. */
function batchNormStep(golden: GoldenCase, step: number, state: BatchNormState, grads: Float64Array[]): void {
  const steps = golden.args.steps as number
  const shape = steps > 1 ? golden.inputs.x.shape.slice(1) : golden.inputs.x.shape
  const size = sizeOf(shape)
  const at = (tensor: Float32Array): Float32Array => tensor.subarray(step * size, (step + 1) * size)
  const c = shape[1]
  state.batches++
  const momentum = (golden.args.momentum as number | null) ?? 1 / state.batches
  const problem = { rows: size / c, c, eps: golden.args.eps as number, momentum, add: false, relu: false }
  const { weight, bias, runningMean, runningVar } = state
  const input = toChannelsLast(at(floats(golden.inputs.x)!), shape)
  const gradOutput = golden.inputs.dy ? toChannelsLast(at(floats(golden.inputs.dy)!), shape) : new Float32Array(size)
  const output = new Float32Array(size)
  const gradInput = new Float32Array(size)
  const [gradWeight, gradBias] = [new Float32Array(c), new Float32Array(c)]
  const written = [null, gradInput, gradWeight, gradBias, null] as const
  if (golden.args.training || runningMean === null || runningVar === null) {
    const [mean, rstd] = [new Float32Array(c), new Float32Array(c)]
    const affine = [weight, bias, runningMean, runningVar] as const
    reference.batchNormForward(problem, input, null, ...affine, mean, rstd, null, null, output)
    reference.batchNormBackward(problem, input, gradOutput, mean, rstd, weight, ...written)
  } else {
    const [mean, variance] = [runningMean, runningVar]
    reference.batchNormEvalForward(problem, input, mean, variance, weight, bias, null, null, output)
    reference.batchNormEvalBackward(problem, input, gradOutput, mean, variance, weight, ...written)
  }
  grads[0].set(toChannelsFirst(output, shape), step * size)
  grads[1].set(toChannelsFirst(gradInput, shape), step * size)
  for (let i = 0; i < c; i++) {
    grads[2][i] += gradWeight[i]
    grads[3][i] += gradBias[i]
  }
}

describe('batch_norm', () => {
  for (const golden of goldenCases('batch_norm')) {
    it(golden.name, () => {
      const { x, weight, bias, running_mean, running_var, num_batches_tracked } = golden.inputs
      const c = golden.args.steps === 1 ? x.shape[1] : x.shape[2]
      const state: BatchNormState = {
        weight: floats(weight),
        bias: floats(bias),
        runningMean: floats(running_mean)?.slice() ?? null,
        runningVar: floats(running_var)?.slice() ?? null,
        batches: num_batches_tracked ? integers(num_batches_tracked)[0] : 0,
      }
      const results = [x.data.length, x.data.length, c, c].map((size) => new Float64Array(size))
      for (let step = 0; step < (golden.args.steps as number); step++) batchNormStep(golden, step, state, results)
      const names = ['y', 'dx', 'dweight', 'dbias']
      names.forEach((name, i) => {
        if (golden.outputs[name] || golden.grads[name]) expectGolden(golden, name, results[i])
      })
      if (golden.outputs.running_mean) expectGolden(golden, 'running_mean', state.runningMean!)
      if (golden.outputs.running_var) expectGolden(golden, 'running_var', state.runningVar!)
    })
  }
})

describe('relu', () => {
  for (const golden of goldenCases('relu')) {
    it(golden.name, () => {
      const input = floats(golden.inputs.x)!
      const output = new Float32Array(input.length)
      reference.reluForward(input.length, input, output)
      expectGolden(golden, 'y', output)
      if (golden.grads.dx === undefined) return
      const gradInput = new Float32Array(input.length)
      reference.reluBackward(input.length, output, floats(golden.inputs.dy)!, gradInput)
      expectGolden(golden, 'dx', gradInput)
    })
  }
})

describe('linear', () => {
  for (const golden of goldenCases('linear')) {
    it(golden.name, () => {
      const [oc, ic] = golden.inputs.weight.shape
      const problem = { n: golden.inputs.x.data.length / ic, ic, oc }
      const input = floats(golden.inputs.x)!
      const weight = floats(golden.inputs.weight)!
      const gradOutput = floats(golden.inputs.dy)!
      const bias = floats(golden.inputs.bias)
      const output = new Float32Array(problem.n * oc)
      reference.linearForward(problem, input, weight, bias, output)
      expectGolden(golden, 'y', output)
      const gradInput = new Float32Array(input.length)
      reference.linearBackwardInput(problem, gradOutput, weight, gradInput)
      expectGolden(golden, 'dx', gradInput)
      const gradWeight = new Float32Array(weight.length)
      const gradBias = bias === null ? null : new Float32Array(oc)
      reference.linearBackwardWeight(problem, input, gradOutput, gradWeight, gradBias)
      expectGolden(golden, 'dweight', gradWeight)
      if (gradBias !== null) expectGolden(golden, 'dbias', gradBias)
    })
  }
})

const softmaxes = {
  softmax: [reference.softmaxForward, reference.softmaxBackward],
  log_softmax: [reference.logSoftmaxForward, reference.logSoftmaxBackward],
} as const

for (const [op, [forward, backward]] of Object.entries(softmaxes)) {
  describe(op, () => {
    for (const golden of goldenCases(op)) {
      it(golden.name, () => {
        const { shape } = golden.inputs.x
        const dim = ((golden.args.dim as number) + shape.length) % shape.length
        const problem = { outer: sizeOf(shape.slice(0, dim)), size: shape[dim], inner: sizeOf(shape.slice(dim + 1)) }
        const input = floats(golden.inputs.x)!
        const output = new Float32Array(input.length)
        forward(problem, input, output)
        expectGolden(golden, 'y', output)
        const gradInput = new Float32Array(input.length)
        backward(problem, output, floats(golden.inputs.dy)!, gradInput)
        expectGolden(golden, 'dx', gradInput)
      })
    }
  })
}

describe('cross_entropy', () => {
  const byIndex = (entry: GoldenCase): boolean => entry.inputs.target.data instanceof BigInt64Array
  for (const golden of goldenCases('cross_entropy', byIndex)) {
    it(golden.name, () => {
      const { x, dy } = golden.inputs
      const shape = x.shape.length === 1 ? [1, ...x.shape] : x.shape
      const target = Int32Array.from(integers(golden.inputs.target))
      const problem = {
        rows: target.length,
        c: shape[1],
        ignoreIndex: golden.args.ignore_index as number,
        labelSmoothing: golden.args.label_smoothing as number,
        reduction: golden.args.reduction as 'none' | 'mean' | 'sum',
      }
      const logits = toChannelsLast(floats(x)!, shape)
      const weight = floats(golden.inputs.weight)
      const loss = new Float32Array(problem.reduction === 'none' ? problem.rows : 1)
      const saved = new Float32Array(2 * problem.rows)
      const total = new Float32Array(1)
      reference.crossEntropyForward(problem, logits, target, weight, loss, saved, total)
      expectGolden(golden, 'y', loss)
      const gradLogits = new Float32Array(logits.length)
      reference.crossEntropyBackward(problem, floats(dy)!, logits, target, weight, saved, total, gradLogits)
      expectGolden(golden, 'dx', toChannelsFirst(gradLogits, shape))
    })
  }
})

describe('sgd', () => {
  for (const golden of goldenCases('SGD')) {
    it(golden.name, () => {
      const { args, inputs } = golden
      const names = Object.keys(inputs).filter((name) => name.startsWith('param'))
      const params = names.map((name) => floats(inputs[name])!.slice())
      const buffers = params.map((param) => new Float32Array(param.length))
      const history = params.map((param) => new Float32Array(param.length * (args.steps as number)))
      const groups = (args.param_groups ?? [{ params: params.map((_, i) => i) }]) as { params: number[] }[]
      for (let step = 0; step < (args.steps as number); step++) {
        for (const group of groups) {
          const options = { ...args, ...group } as Record<string, unknown>
          const momentum = (options.momentum ?? 0) as number
          const members = group.params
          const problem = {
            // Where a scheduler changes the rate, the case lists the rate of every step.
            lr: golden.outputs.lr ? floats(golden.outputs.lr)![step] : (options.lr as number),
            momentum,
            dampening: (options.dampening ?? 0) as number,
            weightDecay: (options.weight_decay ?? 0) as number,
            nesterov: (options.nesterov ?? false) as boolean,
            decoupled: false,
            maximize: false,
            first: step === 0,
            sizes: members.map((i) => params[i].length),
          }
          const grads = members.map((i) => {
            const size = params[i].length
            return floats(inputs[`grad${i}`])!.subarray(step * size, (step + 1) * size)
          })
          const momenta = momentum === 0 ? [] : members.map((i) => buffers[i])
          reference.sgdStep(
            { groups: [problem] },
            members.map((i) => params[i]),
            grads,
            momenta,
          )
        }
        params.forEach((param, i) => {
          history[i].set(param, step * param.length)
        })
      }
      names.forEach((name, i) => {
        expectGolden(golden, name, history[i])
      })
      expect(names.length).toBeGreaterThan(0)
    })
  }
})
