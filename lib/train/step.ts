import type { Module } from '../nn/module.ts'
import { accumulateGradients, clipGradNorm } from '../optim/index.ts'
import { getGeneratorState } from '../tensor/generator.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { StepInfo } from './callback.ts'
import { nonFiniteError } from './non_finite.ts'
import type { Batch, Settings } from './options.ts'
import { numberOf, partsOf, type Tally } from './passes.ts'
import type { Ranks } from './ranks.ts'
import type { Position } from './run_state.ts'

/**
 * One step of the optimizer from the gradients of `batches`, which are noted in the tally and counted in the position.
 *
 * @throws {NonFiniteError} when a loss is not finite; the weights are then those from before.
 */
export function trainStep(
  model: Module,
  { optimizer, loss: lossOf, clipGradNorm: limit, gradNorms, train }: Settings,
  tally: Tally,
  position: Position,
  batches: readonly Batch[],
  ranks: Ranks,
): StepInfo {
  const { lr } = optimizer.paramGroups[0]
  let samples = 0
  let used = 0
  optimizer.zeroGrad()
  const loss = accumulateGradients(batches, (...tensors) => {
    const generator = getGeneratorState()
    const { inputs, target, samples: count } = partsOf('fit', tensors)
    const output = model.forward(...(inputs as [Tensor]))
    const value = lossOf(output, target)
    const number = numberOf('fit', value)
    position.batch++
    if (!Number.isFinite(number)) {
      const { epoch, step, batch } = position
      throw nonFiniteError(model, tensors, generator, { loss: number, epoch, step, batch }, train.length)
    }
    tally.add(number, count, output, target)
    samples += count
    ranks.average(++used === batches.length)
    return value
  })
  // The largest number there is as the limit measures and scales nothing.
  const parameters = optimizer.paramGroups.flatMap(({ params }) => params)
  const gradNorm = gradNorms || limit !== null ? clipGradNorm(parameters, limit ?? Number.MAX_VALUE) : null
  optimizer.step()
  const { epoch, batch } = position
  const info = { epoch, step: ++position.step, batch, batches: train.length, samples, loss, lr, gradNorm }
  return ranks.whole(info)
}
