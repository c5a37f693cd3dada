import { backend } from '../kernels/select.ts'
import { BatchNorm, type BatchNormOptions } from '../nn/batch_norm.ts'
import { ModuleList, Sequential } from '../nn/containers.ts'
import type { Module } from '../nn/module.ts'
import { ModuleDict } from '../nn/module_dict.ts'
import { NormBase } from '../nn/norm_base.ts'
import { LazyParameter } from '../nn/parameter.ts'
import { batchNorm } from '../ops/batch_norm.ts'
import { expectFloat } from '../ops/dense.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { ShapeError, StateError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { init } from './init.ts'
import { syncBatchNorm } from './sync_batch_norm_op.ts'

/**
 * Batch normalization whose statistics in training are those of the batches of all ranks together, so that N ranks with batches of
 * B normalise as one process with a batch of N·B. Count, mean and sum of squares of all ranks are merged in the order of
 * ranks, which costs one small message forward and one backward. In evaluation, and on one rank, it is `BatchNorm1d`–`3d`.
 *
 * ```ts
 * new SyncBatchNorm(64) // for [N, 64], [N, 64, L], [N, 64, H, W] or [N, 64, D, H, W]
 * ```
 *
 * @param numFeatures channels
 * @throws {RangeError} when a number is out of range.
 *
 * Source: semantics of torch.nn.SyncBatchNorm.
 */
export class SyncBatchNorm extends NormBase {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('SyncBatchNorm', numFeatures, options, { affine: true, trackRunningStats: true })
  }

  /**
   * @param input `[N, C]` or `[N, C, ...spatial]`
   * @returns the input's shape
   * @throws {ShapeError} for another number of channels, or a single value per channel over all ranks in training.
   */
  override forward(input: Tensor): Tensor {
    expectFloat('SyncBatchNorm', 'input', input)
    if (input.ndim < 2 || input.shape[1] !== this.numFeatures) {
      throw new ShapeError(
        `SyncBatchNorm: expected input [N, ${this.numFeatures}, ...]; input ${formatShape(input.shape)}`,
      )
    }
    const { runningMean, runningVar, weight, bias, eps } = this
    const training = this.measuresBatch
    // On shapes alone, as `summary` runs a model, nobody else takes part; what the norm needs is the same.
    const together = training && init().size > 1 && backend().messages !== undefined
    return this.counted((momentum) =>
      together
        ? syncBatchNorm({ input, weight, bias, runningMean, runningVar, eps, momentum })
        : batchNorm(input, runningMean, runningVar, { weight, bias, training, momentum, eps }),
    )
  }
}

/** The same norm with the same parameters and buffers, synchronised. */
function converted(name: string, norm: BatchNorm): SyncBatchNorm {
  if (norm.ownParameters().some(([, one]) => one instanceof LazyParameter && one.isLazy)) {
    throw new StateError(
      `convertSyncBatchNorm: expected norms of known size, got lazy ${name}; run one forward pass first`,
    )
  }
  const { numFeatures, eps, momentum, weight, bias, runningMean, runningVar, numBatchesTracked } = norm
  const affine = weight !== null
  const made = new SyncBatchNorm(numFeatures, { eps, momentum, affine, trackRunningStats: runningMean !== null })
  Object.assign(made, { weight, bias, runningMean, runningVar, numBatchesTracked })
  made.training = norm.training
  return made
}

function put(parent: Module, name: string, position: number, child: Module): void {
  if (parent instanceof Sequential || parent instanceof ModuleList) parent.set(position, child)
  else if (parent instanceof ModuleDict) parent.set(name, child)
  else Object.assign(parent, { [name]: child })
}

/**
 * Replaces every `BatchNorm1d`, `2d` and `3d` inside a model by a {@link SyncBatchNorm} with the same parameters and buffers, and
 * returns the model, or the new norm when it is one itself.
 *
 * ```ts
 * const model = new DistributedDataParallel(convertSyncBatchNorm(models.resNet18()))
 * ```
 *
 * @throws {StateError} when a norm is still lazy, or a module does not let its norms be replaced.
 *
 * Source: semantics of torch.nn.SyncBatchNorm.convert_sync_batchnorm.
 */
export function convertSyncBatchNorm(model: BatchNorm): SyncBatchNorm
export function convertSyncBatchNorm(model: Module): Module
export function convertSyncBatchNorm(model: Module): Module {
  if (model instanceof BatchNorm) return converted('the model', model)
  const made = new Map<Module, SyncBatchNorm>()
  for (const [path, parent] of [...model.namedModules()]) {
    parent.namedChildren().forEach(([name, child], position) => {
      if (!(child instanceof BatchNorm)) return
      const full = path === '' ? name : `${path}.${name}`
      const norm = made.get(child) ?? converted(full, child)
      made.set(child, norm)
      put(parent, name, position, norm)
      if (parent.namedChildren()[position]?.[1] !== norm) {
        throw new StateError(`convertSyncBatchNorm: ${parent.constructor.name} does not let ${full} be replaced`)
      }
    })
  }
  return model
}
