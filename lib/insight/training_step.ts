import type { MetaBlock } from '../kernels/meta_backend.ts'
import { peakBytes } from '../kernels/meta_backend.ts'
import type { Module } from '../nn/module.ts'
import '../ops/methods.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { StridedError } from '../util/errors.ts'
import type { Shape } from '../util/shape.ts'
import { macsOf } from './costs.ts'
import { metaPass, tensorsIn } from './meta_pass.ts'

/** What one step of training costs. */
export interface TrainingStep {
  /** Multiply-accumulates of the backward pass. */
  readonly backwardMacs: number
  /** Most bytes held at the same time by input, activations and gradients. */
  readonly peakBytes: number
}

/**
 * Runs forward and backward on shapes alone, in training mode and as fused as in a real step, and adds up what the kernels
 * multiply and what has to lie in memory at the same time. The loss is the sum of all outputs.
 *
 * @returns the costs, or why the model cannot train on such an input: batch norm wants more than one value
 */
export function measureTrainingStep(model: Module, shapes: readonly Shape[]): TrainingStep | string {
  let backward = false
  let backwardMacs = 0
  const listener = (name: string, args: readonly unknown[]): void => {
    if (backward) backwardMacs += macsOf(name, args)
  }
  try {
    return metaPass(model, shapes, listener, ({ meta, inputs }) => {
      for (const module of model.modules()) module.training = true
      const outputs = tensorsIn(model.forward(...(inputs as [Tensor])))
      const trainable = outputs.filter(({ requiresGrad }) => requiresGrad)
      backward = true
      for (const [i, output] of trainable.entries())
        output.sum().backward(undefined, { retainGraph: i + 1 < trainable.length })
      const kept = [...inputs, ...outputs, ...gradients(model)]
      return {
        backwardMacs,
        peakBytes: peakBytes(meta.blocks, new Set(kept.map(({ storage }) => storage.block as MetaBlock))),
      }
    })
  } catch (error) {
    if (error instanceof StridedError) return error.message
    throw error
  }
}

function gradients(model: Module): Tensor[] {
  return [...model.parameters()].flatMap(({ gradTensor }) => (gradTensor === null ? [] : [gradTensor]))
}
