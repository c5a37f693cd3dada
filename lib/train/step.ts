import type { Module } from '../nn/module.ts'
import { backwardShare, sharesOf } from '../optim/accumulate_gradients.ts'
import { scaleToNorm } from '../optim/clip_grad.ts'
import { getGeneratorState } from '../tensor/generator.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { StepInfo } from './callback.ts'
import { nonFiniteError } from './non_finite.ts'
import type { Batch, Settings } from './options.ts'
import { numberOf, partsOf, type Tally } from './passes.ts'
import type { Ranks } from './ranks.ts'
import type { Position } from './run_state.ts'
import { runnerOf } from './runner.ts'

/** The largest number there is as the limit measures and scales nothing. */
const NO_LIMIT = Number.MAX_VALUE

/**
 * One step of the optimizer from the gradients of `batches`, which are noted in the tally and counted in the position.
 *
 * @throws {NonFiniteError} when a loss is not finite; the weights are then those from before.
 */
export async function trainStep(
  model: Module,
  settings: Settings,
  tally: Tally,
  position: Position,
  batches: readonly Batch[],
  ranks: Ranks,
): Promise<StepInfo> {
  const { optimizer, loss: lossOf, clipGradNorm: limit, gradNorms, train } = settings
  const run = runnerOf(settings.async, ranks.size)
  const { lr } = optimizer.paramGroups[0]
  const shares = sharesOf('fit', batches)
  let samples = 0
  let loss = 0
  optimizer.zeroGrad()
  for (const [i, tensors] of batches.entries()) {
    const generator = getGeneratorState()
    const { inputs, target, samples: count } = partsOf('fit', tensors)
    const [output, value] = await run(() => {
      const output = model.forward(...(inputs as [Tensor]))
      return [output, lossOf(output, target)] as const
    })
    const number = numberOf('fit', value)
    position.batch++
    if (!Number.isFinite(number)) {
      const { epoch, step, batch } = position
      throw nonFiniteError(model, tensors, generator, { loss: number, epoch, step, batch }, train.length)
    }
    tally.add(number, count, output, target)
    samples += count
    loss += shares[i] * number
    ranks.average(i === batches.length - 1)
    await run(() => backwardShare(value, shares[i]))
  }
  const norm = await run(() => {
    const parameters = optimizer.paramGroups.flatMap(({ params }) => params)
    const norm = gradNorms || limit !== null ? scaleToNorm(parameters, limit ?? NO_LIMIT) : null
    optimizer.step()
    return norm
  })
  const gradNorm = gradNorms || limit !== null ? Number(norm?.item() ?? 0) : null
  norm?.dispose()
  const { epoch, batch } = position
  const info = { epoch, step: ++position.step, batch, batches: train.length, samples, loss, lr, gradNorm }
  return ranks.whole(info)
}
