import { inspect } from 'node:util'
import { formatTable } from '../table.ts'

/** How one layer fares; null where a number has no meaning for it or was not measured. */
export interface LayerHealth {
  /** Name in the model, '' for the model itself. */
  readonly path: string
  /** Class of the module, or the name of an activation that is called as a function. */
  readonly type: string
  /** Norm of the gradients of its own parameters. */
  readonly gradNorm: number | null
  /** Norm of its own parameters before the step. */
  readonly weightNorm: number | null
  /** Norm of what the step changed, divided by the norm of the parameters before it; about 1e-3 is healthy. */
  readonly updateRatio: number | null
  /** `lr / ‖weight‖²` of a weight whose scale a norm takes away again: what the rate amounts to for its direction. */
  readonly effectiveLearningRate: number | null
  /** Mean of the elements of its output. */
  readonly activationMean: number | null
  /** Their standard deviation. */
  readonly activationStd: number | null
  /** Share of a ReLU's channels, or features, that were positive for no element of any batch. */
  readonly deadFraction: number | null
}

/** Something that keeps layers from learning. */
export interface HealthFlag {
  /** Gradients far smaller or larger than those of other layers, or a ReLU more than half of whose units gave nothing but 0. */
  readonly kind: 'vanishing' | 'exploding' | 'dead'
  /** The layer where it begins, seen from the output, which is where gradients come from. */
  readonly path: string
  /** What was measured, in words. */
  readonly why: string
}

/** How the layers of a model fare, in the order they run; `String(…)` makes a table. */
export class HealthReport {
  /** Steps since the monitor was attached. */
  readonly step: number
  /** Steps that the numbers are averaged over. */
  readonly measured: number
  /** In the order they run. */
  readonly layers: readonly LayerHealth[]
  /** What keeps layers from learning; empty where nothing was found. */
  readonly flags: readonly HealthFlag[]

  constructor(step: number, measured: number, layers: readonly LayerHealth[]) {
    this.step = step
    this.measured = measured
    this.layers = layers
    this.flags = [...gradientFlags(layers), ...deadFlags(layers)]
  }

  /** The same as a table. */
  toString(): string {
    const columns = [
      { heading: 'Layer' },
      ...['Gradient', 'Weight', 'Update', 'Rate', 'Mean', 'Std', 'Dead'].map((heading) => ({ heading, right: true })),
    ]
    const number = (value: number | null): string => (value === null ? '' : value === 0 ? '0' : value.toExponential(1))
    const rows = this.layers.map((layer) => [
      layer.path === '' ? layer.type : `${layer.path} (${layer.type})`,
      number(layer.gradNorm),
      number(layer.weightNorm),
      number(layer.updateRatio),
      number(layer.effectiveLearningRate),
      number(layer.activationMean),
      number(layer.activationStd),
      layer.deadFraction === null ? '' : `${Math.round(100 * layer.deadFraction)} %`,
    ])
    const flags = this.flags.map(({ kind, path, why }) => `${kind} at ${path}: ${why}`)
    return [...formatTable(columns, rows), ...flags].join('\n')
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

// With one learning rate for all, a layer whose relative gradient is a thousandth of another's stands still beside it.
const RANGE = 1e3

/** The size of a layer's gradient beside that of its weights, for those whose weights can be compared. */
function relativeGradient({ gradNorm, weightNorm }: LayerHealth): number | null {
  if (gradNorm === null || weightNorm === null || weightNorm === 0) return null
  return gradNorm / weightNorm
}

/**
 * Where gradients vanish or explode on their way from the output: at the first layer whose relative gradient is a
 * thousandth of one behind it; or a thousand times as large and larger than the weights, or a thousand times as large as
 * the weights themselves, which a step at a rate of 0.001 would overwrite. In a network of ReLUs without norms the product
 * of a layer's weights and their gradients is the same for all layers, so there only the second can show.
 */
function gradientFlags(layers: readonly LayerHealth[]): HealthFlag[] {
  const flags = new Map<HealthFlag['kind'], HealthFlag>()
  const flag = (kind: HealthFlag['kind'], { path }: LayerHealth, why: string): void => {
    if (!flags.has(kind)) flags.set(kind, { kind, path, why })
  }
  let largest: { size: number; path: string } | null = null
  let smallest: { size: number; path: string } | null = null
  for (const layer of layers.toReversed()) {
    const size = isNorm(layer) ? null : relativeGradient(layer)
    if (size === null) continue
    const show = size.toExponential(1)
    if (!Number.isFinite(size)) {
      flag('exploding', layer, 'its gradient is not finite')
      continue
    }
    if (largest !== null && size * RANGE < largest.size) {
      flag(
        'vanishing',
        layer,
        `its gradient is ${show} of its weights, that of ${largest.path} ${largest.size.toExponential(1)}`,
      )
    }
    if (size > RANGE) flag('exploding', layer, `its gradient is ${show} of its weights`)
    else if (smallest !== null && size > RANGE * smallest.size && size > 1) {
      flag(
        'exploding',
        layer,
        `its gradient is ${show} of its weights, that of ${smallest.path} ${smallest.size.toExponential(1)}`,
      )
    }
    if (largest === null || size > largest.size) largest = { size, path: layer.path }
    if (smallest === null || size < smallest.size) smallest = { size, path: layer.path }
  }
  return [...flags.values()]
}

/** The few numbers of a norm stand in no relation to the weights of the layers around it. */
const isNorm = ({ type }: LayerHealth): boolean => /Norm/.test(type)

// A network still works with a few dead units; with half of them gone it is another network.
const MANY_DEAD = 0.5

function deadFlags(layers: readonly LayerHealth[]): HealthFlag[] {
  return layers.flatMap(({ path, deadFraction }) => {
    if (deadFraction === null || deadFraction <= MANY_DEAD) return []
    return [
      { kind: 'dead' as const, path, why: `${Math.round(100 * deadFraction)} % of its units were never positive` },
    ]
  })
}
