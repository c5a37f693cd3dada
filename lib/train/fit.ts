import type { Module } from '../nn/module.ts'
import { checkFitOptions, type FitOptions } from './options.ts'
import type { Run } from './run.ts'
import { Session } from './session.ts'

/**
 * Trains a model: for every epoch one pass over the training data in training mode, a step of the optimizer for every batch, then
 * a pass over the validation data in evaluation mode. Modes, gradients and the generator are taken care of; the model ends in
 * evaluation mode.
 *
 * ```ts
 * const run = await fit(model, {
 *   train: trainLoader,
 *   validation: testLoader,
 *   loss: F.crossEntropy,
 *   optimizer: new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }),
 *   epochs: 10,
 *   metrics: ['accuracy'],
 *   checkpoints: 'runs/digits',
 * })
 * console.log(run.verdict?.text)
 * ```
 *
 * The loss has to be a mean over the samples of a batch. With `accumulate: k` the gradients of `k` batches, each weighted by its
 * share of their samples, make one step. Measures of the training data are taken on the way, before each step.
 *
 * With `checkpoints`, `last.ckpt` is written at the end of every epoch (and every `everySteps` steps), `best.ckpt` whenever an epoch
 * is the best so far. A run that is killed at any moment and started again with `resume: true` ends with the same bits as one that
 * was never stopped. With `async` the event loop goes on while steps compute: a server in the same process keeps answering. SIGINT (Ctrl-C) finishes the batch at hand, saves, and then ends the process as it always does.
 *
 * @param model - to train; its parameters should be those of the optimizer.
 * @returns the story of the run, plain data.
 * @throws {NonFiniteError} when the loss becomes NaN or infinite; it names the step, the batch and the first layer whose output was
 * not finite. Checkpoints are then those from before.
 * @throws {RangeError} or {DTypeError} for options that make no sense.
 * @throws {FormatError} when the checkpoint to resume from is damaged or is that of another model or optimizer.
 */
export async function fit(model: Module, options: FitOptions): Promise<Run> {
  return new Session(model, checkFitOptions(options)).run()
}
