import type { Module } from '../../lib/nn/module.ts'
import type { Tensor } from '../../lib/tensor/tensor.ts'
import { classes, SEED, uniform } from '../fill.ts'
import { benchModels } from '../models/index.ts'
import type { Prepared } from './server.ts'

type Library = typeof import('../../lib/index.ts')

/**
 * Gives every parameter the numbers that the peers give theirs: weights within `±1 / √fanIn`, parameters of one dimension
 * within ±0.1, which norms add to their weight of 1.
 */
function fillParameters({ tensor, noGrad }: Library, model: Module): number {
  let count = 0
  let index = 0
  noGrad(() => {
    for (const [name, parameter] of model.namedParameters()) {
      const { size, shape } = parameter
      const fanIn = shape.slice(1).reduce((a, b) => a * b, 1)
      const isNormWeight = shape.length === 1 && name.endsWith('weight')
      const bound = shape.length === 1 ? 0.1 : 1 / Math.sqrt(fanIn)
      const shift = isNormWeight ? 1 : 0
      const values = uniform(size, SEED.param + index++, shift - bound, shift + bound)
      parameter.copy_(tensor(values, { shape: [...shape] }))
      count += size
    }
  })
  return count
}

/** A model of models/index.ts with the step of a training loop, or its forward pass in evaluation. */
export function prepareModel(library: Library, name: string, pass: 'step' | 'eval', sample: number[]): Prepared {
  const { tensor, noGrad, functional: F, optim, models } = library
  const spec = benchModels.find((one) => one.name === name)
  if (spec === undefined) throw new Error(`no model ${name}`)
  const create = (models as unknown as Record<string, (options: object) => Module>)[spec.create]
  const model = create(spec.options)
  const parameters = fillParameters(library, model)
  const [n, c, h, w] = spec.input
  const stored = tensor(uniform(n * c * h * w, SEED.input), { shape: [n, h, w, c] })
  const input = stored.permute([0, 3, 1, 2])
  const target = tensor(classes(n, SEED.target, 10), { shape: [n], dtype: 'int64' })
  model.eval()
  const evaluate = (): Tensor => noGrad(() => model.forward(input))
  const logits = evaluate().toTypedArray() as Float32Array
  const reply = { parameters, values: sample.map((i) => logits[i]) }
  if (pass === 'eval') return { call: evaluate as () => void, reply }
  model.train()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.001, momentum: 0.9 })
  const step = (): void => {
    optimizer.zeroGrad()
    F.crossEntropy(model.forward(input), target).backward()
    optimizer.step()
  }
  return { call: step, reply }
}
