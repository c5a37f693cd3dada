import type { Module } from '../nn/module.ts'
import { getGeneratorState, setGeneratorState } from '../tensor/generator.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** What a pass over a module may touch of a parameter or buffer besides its elements. */
function rememberTensor(tensor: Tensor): () => void {
  const { storage, requiresGrad, gradNode, gradTensor, gradExposed } = tensor
  const { version, viewed } = storage
  tensor.gradTensor = null
  // Hooks on the parameter's gradient hang on its node and must not see another pass.
  if (tensor.isLeaf) tensor.gradNode = null
  return () => {
    Object.assign(tensor, { requiresGrad, gradNode, gradTensor, gradExposed })
    Object.assign(storage, { version, viewed })
  }
}

/** Fields of a module: whether it trains, counters, tensors that its hooks compute. */
function rememberFields(module: Module): () => void {
  const fields = new Map(Object.entries(module))
  return () => {
    for (const name of Object.keys(module)) if (!fields.has(name)) Reflect.deleteProperty(module, name)
    for (const [name, value] of fields) {
      if ((module as unknown as Record<string, unknown>)[name] !== value) Object.assign(module, { [name]: value })
    }
  }
}

/**
 * Runs `fn`, which may pass tensors of the meta backend through the module, and puts everything back that such a pass
 * changes: fields of the modules, gradients and versions of parameters and buffers, and the random generator.
 */
export function undisturbed<T>(module: Module, fn: () => T): T {
  const modules = [...module.modules()]
  const generator = getGeneratorState()
  const restoreFields = modules.map(rememberFields)
  const restoreTensors = [...module.parameters(), ...module.buffers()].map(rememberTensor)
  try {
    return fn()
  } finally {
    for (const restore of [...restoreFields, ...restoreTensors]) restore()
    setGeneratorState(generator)
  }
}
