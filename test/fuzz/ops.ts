import * as strided from '../../lib/index.ts'
import { type nn, optim, Tensor } from '../../lib/index.ts'
import { optimizers } from '../support/optimizers.ts'

type AnyFunction = (...args: never[]) => unknown

/** Functions of a namespace by name; classes and constants are left out. */
function functionsOf(namespace: object): [string, AnyFunction][] {
  return Object.entries(namespace).filter(([, value]) => typeof value === 'function' && !/^class\b/.test(`${value}`))
}

interface Stepper {
  step(): void
}

/** Three steps with the same gradients, so that state from earlier ones is used. */
function steps(make: (params: Tensor[]) => Stepper): (weights: Tensor[], gradients: Tensor[]) => Tensor[] {
  return (weights, gradients) => {
    const params = weights.map((weight) => weight.detach().clone().requiresGrad_())
    const optimizer = make(params)
    for (let i = 0; i < 3; i++) {
      params.forEach((param, at) => {
        param.grad = gradients[at].clone()
      })
      optimizer.step()
    }
    return params.map((param) => param.detach())
  }
}

type Construct = new (params: Tensor[], options: unknown) => Stepper

/** An optimizer's class as a function of weights, gradients and options. */
function optimizer(name: keyof typeof optimizers): AnyFunction {
  const Optimizer = optimizers[name] as unknown as Construct
  return ((weights: Tensor[], gradients: Tensor[], options: unknown) =>
    steps((params) => new Optimizer(params, options))(weights, gradients)) as AnyFunction
}

/** Clips gradients and shows them by a step of plain gradient descent. */
function clip(name: 'clipGradNorm' | 'clipGradValue'): AnyFunction {
  return ((weights: Tensor[], gradients: Tensor[], limit: number, options?: object) =>
    steps((params) => ({
      step: () => {
        ;(optim[name] as AnyFunction)(...([params, limit, ...(options === undefined ? [] : [options])] as never[]))
        new optim.SGD(params, { lr: 1 }).step()
      },
    }))(weights, gradients)) as AnyFunction
}

/** A layer made from its arguments, applied to the input. */
function layer(name: string): AnyFunction {
  const Layer = strided.nn[name as 'Conv2d'] as unknown as new (...args: unknown[]) => nn.Module
  return ((input: Tensor, ...args: unknown[]) => new Layer(...args).forward(input)) as AnyFunction
}

const LAYERS = [
  ...['Conv1d', 'Conv2d', 'Conv3d', 'ConvTranspose1d', 'ConvTranspose2d', 'ConvTranspose3d', 'Linear', 'Dropout'],
  ...['BatchNorm1d', 'BatchNorm2d', 'BatchNorm3d', 'GroupNorm', 'LayerNorm', 'MaxPool2d', 'AvgPool2d', 'Flatten'],
  ...['LazyConv2d', 'LazyLinear', 'DepthwiseSeparableConv2d', 'SqueezeExcitation', 'ResidualBlock', 'PReLU'],
]

// What writes files, changes settings of the process, or makes no tensors.
const LEFT_OUT =
  /^(load|save|export|set|get|manualSeed|nextSeed|memory|backendInfo|fit|report|health|lint|fuse|summary|receptive|evaluate|tidy|noGrad|enableGrad|isGrad|empty)/

/** Everything that a program may call: functions by name, methods after a dot, layers after `nn.`, steps after `optim.`. */
export const ops: Readonly<Record<string, AnyFunction>> = {
  ...Object.fromEntries(functionsOf(strided).filter(([name]) => !LEFT_OUT.test(name))),
  ...Object.fromEntries(functionsOf(strided.functional)),
  ...Object.fromEntries(LAYERS.map((name) => [`nn.${name}`, layer(name)])),
  ...Object.fromEntries(Object.keys(optimizers).map((name) => [`optim.${name}`, optimizer(name as 'SGD')])),
  'optim.clipGradNorm': clip('clipGradNorm'),
  'optim.clipGradValue': clip('clipGradValue'),
}

/** Calls a function of {@link ops}, or, after a dot, a method of its first argument. */
export function call(op: string, args: readonly unknown[]): unknown {
  if (!op.startsWith('.')) return (ops[op] as (...args: unknown[]) => unknown)(...args)
  const [given, ...rest] = args
  // What split and chunk return is a list.
  const self = Array.isArray(given) ? given[0] : given
  if (!(self instanceof Tensor)) return undefined
  const method = (Tensor.prototype as unknown as Record<string, (...args: unknown[]) => unknown>)[op.slice(1)]
  return method.apply(self, rest)
}
