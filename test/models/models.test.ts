import { describe, expect, it } from 'vitest'
import { noGrad } from '../../lib/autograd/grad_mode.ts'
import { cnnWithDropout, leNet5, mlp } from '../../lib/models/index.ts'
import type { Module } from '../../lib/nn/index.ts'
import { manualSeed } from '../../lib/tensor/generator.ts'
import { randn } from '../../lib/tensor/random.ts'

const shapes = (model: Module) =>
  Object.fromEntries(Object.entries(model.stateDict()).map(([name, value]) => [name, [...value.shape]]))
const outputShape = (model: Module, shape: number[]) => noGrad(() => model.forward(randn(shape))).shape

describe('leNet5', () => {
  it('has the layers of its name', () => {
    expect(shapes(leNet5())).toEqual({
      '0.weight': [20, 1, 5, 5],
      '0.bias': [20],
      '3.weight': [50, 20, 5, 5],
      '3.bias': [50],
      '7.weight': [500, 50 * 7 * 7],
      '7.bias': [500],
      '9.weight': [10, 500],
      '9.bias': [10],
    })
    expect(outputShape(leNet5(), [2, 1, 28, 28])).toEqual([2, 10])
  })

  it('takes images and classes of other sizes', () => {
    const model = leNet5({ inChannels: 3, numClasses: 4, imageSize: [11, 8] })
    expect(outputShape(model, [2, 3, 11, 8])).toEqual([2, 4])
  })

  it('starts from weights that the seed decides', () => {
    const bias = () => leNet5({ imageSize: 8 }).stateDict()['9.bias'].toArray()
    manualSeed(3)
    const first = bias()
    manualSeed(3)
    expect(bias()).toEqual(first)
    expect(bias()).not.toEqual(first)
  })
})

describe('mlp', () => {
  it('has hidden layers of 128 and 64 with batch normalization', () => {
    const state = shapes(mlp())
    expect(state['1.weight']).toEqual([128, 784])
    expect(state['2.running_var']).toEqual([128])
    expect(state['5.weight']).toEqual([64, 128])
    expect(state['6.num_batches_tracked']).toEqual([])
    expect(state['9.weight']).toEqual([10, 64])
    expect(outputShape(mlp(), [2, 1, 28, 28])).toEqual([2, 10])
    expect(outputShape(mlp(), [2, 784])).toEqual([2, 10])
  })

  it('drops out in training only', () => {
    const model = mlp({ imageSize: 4 })
    const input = randn([4, 16])
    const run = () => noGrad(() => model.forward(input)).toArray()
    expect(run()).not.toEqual(run())
    model.eval()
    expect(run()).toEqual(run())
  })
})

describe('cnnWithDropout', () => {
  it('has a convolution of 32 and a hidden layer of 128', () => {
    const state = shapes(cnnWithDropout({ inChannels: 3, imageSize: 32 }))
    expect(state['0.weight']).toEqual([32, 3, 3, 3])
    expect(state['1.running_mean']).toEqual([32])
    expect(state['5.weight']).toEqual([128, 32 * 16 * 16])
    expect(state['8.weight']).toEqual([10, 128])
    expect(outputShape(cnnWithDropout({ imageSize: [6, 9] }), [2, 1, 6, 9])).toEqual([2, 10])
  })
})
