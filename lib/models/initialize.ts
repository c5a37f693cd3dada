import * as nn from '../nn/index.ts'

/**
 * Starts the convolutions of a model as torchvision does: weights normally with deviation `√(2 / fanOut)`, biases 0.
 *
 * Source: He et al., "Delving Deep into Rectifiers", 2015.
 *
 * @param linearStd when given, weights of linear layers start normally with this deviation and their biases at 0
 */
export function initialize(model: nn.Module, linearStd: number | null = null): void {
  for (const module of model.modules()) {
    if (module instanceof nn.Conv2d) {
      nn.init.kaimingNormal(module.weight, { mode: 'fanOut', nonlinearity: 'relu' })
      if (module.bias !== null) nn.init.zeros(module.bias)
    } else if (module instanceof nn.Linear && linearStd !== null) {
      nn.init.normal(module.weight, { std: linearStd })
      if (module.bias !== null) nn.init.zeros(module.bias)
    }
  }
}
