import { setFlagsFromString } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { functional as F, nn, optim, randn, type Tensor, tensor, zeros } from '../../lib/index.ts'
import type { Backend } from '../../lib/kernels/backend.ts'
import { backend, withBackend } from '../../lib/kernels/select.ts'
import { watchKernels } from '../support/watch_kernels.ts'

setFlagsFromString('--allow-natives-syntax')
/** Whether two objects have one hidden class. */
const sameClass = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean

/** Objects that an argument of a kernel consists of: problems, and the groups of an optimizer's. */
function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return []
  const inside = Object.values(value).flatMap(objectsIn)
  return Array.isArray(value) ? inside : [value, ...inside]
}

/** Names of the kernels that `fn` calls, and for each the objects that it was called with. */
function callsOf(fn: () => unknown): Map<string, object[]> {
  const home = backend()
  const calls = new Map<string, object[]>()
  const kernels = new Proxy(home.kernels, {
    get: (target, name) => {
      const kernel = Reflect.get(target, name) as (...args: unknown[]) => unknown
      return (...args: unknown[]) => {
        calls.set(String(name), [...(calls.get(String(name)) ?? []), ...args.flatMap(objectsIn)])
        return kernel(...args)
      }
    },
  })
  withBackend({ ...home, kernels } as Backend, fn)
  return calls
}

/** Names of the kernels that `fn` calls, marked where two calls are given objects of different classes. */
function called(fn: () => unknown): string[] {
  // V8 compiles what it has seen some times.
  for (let i = 0; i < 30; i++) fn()
  const [first, second] = [callsOf(fn), callsOf(fn)]
  return [...first].map(([name, objects]) => {
    const others = second.get(name) as object[]
    return objects.every((object, i) => sameClass(object, others[i])) ? name : `${name}, of another class each time`
  })
}

const each = /each time$/

const line = randn([2, 8, 12])
const image = randn([2, 8, 9, 9])
const volume = randn([2, 8, 5, 5, 5])
const weights = [randn([8, 8, 3]), randn([8, 8, 3, 3]), randn([8, 8, 3, 3, 3])]
const [mean, variance] = [zeros([8]), zeros([8]).add(1)]

const OPS: Record<string, (input: Tensor) => Tensor> = {
  conv1d: () => F.conv1d(line, weights[0].requiresGrad_()),
  conv2d: (input) => F.conv2d(input, weights[1].requiresGrad_(), mean, { padding: 1 }),
  conv3d: () => F.conv3d(volume, weights[2].requiresGrad_()),
  convTranspose2d: (input) => F.convTranspose2d(input, weights[1], null, { stride: 2 }),
  convTranspose3d: () => F.convTranspose3d(volume, weights[2].requiresGrad_()),
  maxPool1d: () => F.maxPool1d(line.clone().requiresGrad_(), 2),
  maxPool2d: (input) => F.maxPool2d(input, 3, { stride: 2, padding: 1 }),
  maxPool3d: () => F.maxPool3d(volume.clone().requiresGrad_(), 2),
  avgPool2d: (input) => F.avgPool2d(input, 2),
  avgPool3d: () => F.avgPool3d(volume.clone().requiresGrad_(), 2),
  adaptiveAvgPool2d: (input) => F.adaptiveAvgPool2d(input, 4),
  adaptiveMaxPool2d: (input) => F.adaptiveMaxPool2d(input, 4),
  batchNorm: (input) => F.batchNorm(input, mean, variance, { training: true }),
  groupNorm: (input) => F.groupNorm(input, 2),
  instanceNorm: (input) => F.instanceNorm(input),
  layerNorm: (input) => F.layerNorm(input, 9),
  rmsNorm: (input) => F.rmsNorm(input, 9),
  localResponseNorm: (input) => F.localResponseNorm(input, 3),
  pad: (input) => F.pad(input, [1, 2, 3, 1], { mode: 'reflect' }),
  dropout: (input) => F.dropout(input, { training: true }),
  silu: (input) => F.silu(input),
  softmax: (input) => F.softmax(input, 1),
  linear: (input) => F.linear(input, zeros([3, 9])),
  crossEntropy: (input) => F.crossEntropy(input.mean([2, 3]), tensor([1, 2], { dtype: 'int32' })),
  smoothL1Loss: (input) => F.smoothL1Loss(input, image),
}

const OPTIMIZERS: Record<string, (params: Tensor[]) => { step(): void }> = {
  SGD: (params) => new optim.SGD(params, { lr: 0.1, momentum: 0.9 }),
  Adam: (params) => new optim.Adam(params),
  AdamW: (params) => new optim.AdamW(params),
  RMSprop: (params) => new optim.RMSprop(params),
  Adagrad: (params) => new optim.Adagrad(params),
}

// An object that is spread together from many parts gets a hidden class of its own. Made in every call, those cost up to 140
// microseconds each, and filled V8's heap between two full collections.
describe('what kernels are called with are objects of one class', () => {
  it.each(Object.entries(OPS))('%s, forward and backward', (_, op) => {
    const names = called(() => op(image.clone().requiresGrad_()).sum().backward())
    expect(names.filter((name) => each.test(name))).toEqual([])
    expect(names.length).toBeGreaterThan(2)
  })

  it.each(Object.entries(OPTIMIZERS))('%s', (_, make) => {
    const param = randn([8, 8]).requiresGrad_()
    param.grad = randn([8, 8])
    const optimizer = make([param])
    const names = called(() => optimizer.step())
    expect(names.filter((name) => each.test(name))).toEqual([])
    expect(names.length).toBe(1)
  })

  it('a network of fused layers', () => {
    const layers = [new nn.Conv2d(8, 8, 3), new nn.BatchNorm2d(8), new nn.ReLU(), new nn.ResidualBlock(8, 8)]
    const model = new nn.Sequential(...layers)
    const names = called(() => model.forward(image).sum().backward())
    expect(names.filter((name) => each.test(name))).toEqual([])
    expect(names).toContain('conv2dForward')
    expect(watchKernels(['conv2dForward'], () => model.forward(image))).toContain('conv2dForward+moments')
  })
})
