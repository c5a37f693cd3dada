import { noGrad } from '../../autograd/grad_mode.ts'
import type { HookHandle } from '../../nn/hooks.ts'
import type { Module } from '../../nn/module.ts'
import { withEval } from '../../nn/with_eval.ts'
import { Tensor } from '../../tensor/tensor.ts'
import { tidy } from '../../tensor/tidy.ts'
import type { MapStory } from '../../train/details.ts'
import { toPictureData } from '../viz/picture.ts'
import { mapPictures, sheet } from '../viz/tiles.ts'

/** Layers that are shown, evenly spread over the depth; more of them say no more. */
const MOST_LAYERS = 6

/** Maps of a layer: two rows of eight. */
const MOST_MAPS = 16

/** What a module made of the first sample. */
export interface LayerMaps {
  path: string
  type: string
  /** `[C, H, W]` */
  shape: number[]
  values: Float32Array
}

/** Activations show what a layer passes on; a model that has none as modules shows its convolutions. */
function shownModules(model: Module): [string, Module][] {
  const leaves = [...model.namedModules()].filter(([, module]) => module.children().length === 0)
  const of = (pattern: RegExp) => leaves.filter(([, { constructor }]) => pattern.test(constructor.name))
  const activations = of(/^(ReLU6?|LeakyReLU|PReLU|ELU|SELU|SiLU|GELU|Sigmoid|Tanh|Softplus|Hardswish|Mish)$/)
  return activations.length > 0 ? activations : of(/^(Lazy)?Conv2d$/)
}

/** Runs the model on `input` `[1, …]` in evaluation and gathers what the modules `[N, C, H, W]` make of it. */
export function gatherMaps(
  model: Module,
  input: Tensor,
  modules: readonly (readonly [string, Module])[] = shownModules(model),
): LayerMaps[] {
  const maps: LayerMaps[] = []
  const handles: HookHandle[] = modules.map(([path, module]) =>
    module.registerForwardHook((_, __, output) => {
      if (!(output instanceof Tensor) || output.ndim !== 4 || output.size === 0) return undefined
      const shape = output.shape.slice(1)
      const values = (output.toTypedArray() as Float32Array).slice(0, shape[0] * shape[1] * shape[2])
      maps.push({ path, type: module.constructor.name, shape, values })
      return undefined
    }),
  )
  try {
    withEval(model, () => noGrad(() => tidy(() => void model.forward(input))))
  } finally {
    for (const handle of handles) handle.remove()
  }
  return maps
}

/** What the first sample of a batch becomes inside the network; null where nothing inside has the form of images. */
export function mapsOf(model: Module, input: Tensor): MapStory | null {
  const maps = gatherMaps(model, input).filter(({ shape }) => shape[1] > 1 && shape[2] > 1)
  if (maps.length === 0) return null
  const count = Math.min(MOST_LAYERS, maps.length)
  const chosen = Array.from(
    { length: count },
    (_, i) => maps[Math.round((i * (maps.length - 1)) / Math.max(1, count - 1))],
  )
  const layers = chosen.map(({ path, type, shape, values }) => {
    const pictures = mapPictures(values, shape, MOST_MAPS)
    return { path, type, shape, shown: pictures.length, picture: toPictureData(sheet(pictures, 8)) }
  })
  return { picture: null, layers }
}
