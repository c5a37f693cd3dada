import { noGrad } from '../autograd/grad_mode.ts'
import type { Module } from '../nn/module.ts'
import { type GeneratorState, getGeneratorState, setGeneratorState } from '../tensor/generator.ts'
import { Tensor } from '../tensor/tensor.ts'
import { formatShape } from '../util/shape.ts'
import { type FaultyLayer, NonFiniteError, type NonFinitePlace } from './errors.ts'

function isFinite(tensor: Tensor): boolean {
  return tensor.dtype !== 'float32' || (tensor.toTypedArray() as Float32Array).every(Number.isFinite)
}

/** What a forward pass showed. */
interface Fault {
  layer: FaultyLayer
  shape: readonly number[]
  inputsFinite: boolean
  weightsFinite: boolean
}

/** Runs `fn` and gives the module's buffers and the generator back as they were. */
function undoing<T>(model: Module, fn: () => T): T {
  const generator = getGeneratorState()
  const copies = [...model.buffers()].map((buffer) => [buffer, buffer.clone()] as const)
  try {
    return fn()
  } finally {
    for (const [buffer, copy] of copies) buffer.copy_(copy)
    setGeneratorState(generator)
  }
}

/**
 * Runs the forward again that gave a loss that is not finite, with the same random numbers, and finds the first innermost module
 * whose output was not.
 */
export function findFault(model: Module, inputs: readonly Tensor[], generator: GeneratorState): Fault | null {
  let fault: Fault | null = null
  const handles = [...model.namedModules()].flatMap(([path, module]) => {
    if (module.children().length > 0) return []
    const hook = (_: unknown, given: unknown[], output: unknown): undefined => {
      if (fault !== null || !(output instanceof Tensor) || isFinite(output)) return
      fault = {
        layer: { path, type: module.constructor.name },
        shape: output.shape,
        inputsFinite: given.every((input) => !(input instanceof Tensor) || isFinite(input)),
        weightsFinite: module.ownParameters().every(([, parameter]) => isFinite(parameter)),
      }
    }
    return [module.registerForwardHook(hook as never)]
  })
  try {
    return noGrad(() =>
      undoing(model, () => {
        setGeneratorState(generator)
        model.forward(...(inputs as [Tensor]))
        return fault
      }),
    )
  } finally {
    for (const handle of handles) handle.remove()
  }
}

function describeFault(fault: Fault): string {
  const place =
    fault.layer.path === '' ? `the model (${fault.layer.type})` : `${fault.layer.path} (${fault.layer.type})`
  const cause = !fault.weightsFinite
    ? 'whose weights are not finite: the steps before diverged; lower the learning rate or clip the gradients'
    : fault.inputsFinite
      ? 'whose weights and input are finite: they have grown too large; lower the learning rate'
      : 'whose input is not finite although no layer made it so: an op between the layers did'
  return `the first output that is not finite is that of ${place}, ${formatShape(fault.shape)}, ${cause}`
}

/** The error for a loss that is not finite, with its step, its batch and the first layer that shows it. */
export function nonFiniteError(
  model: Module,
  batch: readonly Tensor[],
  generator: GeneratorState,
  place: Omit<NonFinitePlace, 'layer'>,
  batches: number,
): NonFiniteError {
  const where = `at step ${place.step + 1} (epoch ${place.epoch}, batch ${place.batch} of ${batches})`
  const sick = batch.findIndex((tensor) => !isFinite(tensor))
  const fault = sick === -1 ? findFault(model, batch.slice(0, -1), generator) : null
  const what =
    sick !== -1
      ? `${sick === batch.length - 1 ? 'the target' : 'the input'} of this batch is not finite; look at the data`
      : fault === null
        ? 'every layer gave finite numbers, so the loss function made it'
        : describeFault(fault)
  return new NonFiniteError(`fit: the loss became ${place.loss} ${where}; ${what}`, {
    ...place,
    layer: fault?.layer ?? null,
  })
}
