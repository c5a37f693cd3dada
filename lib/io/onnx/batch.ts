import type { AnyArray } from '../../tensor/dtype.ts'
import { StateError } from '../../util/errors.ts'
import { formatShape, type Shape } from '../../util/shape.ts'
import { type Constant, Float, type GraphBuilder } from './graph.ts'

/** Of a graph's node, constant or weight that is different for another batch size. */
function dependsOnBatch(place: string, what: string): StateError {
  return new StateError(
    `exportOnnx: at ${place}: ${what} depends on the batch size, which one graph cannot follow; use dynamicBatch: false`,
  )
}

const sameNumbers = (a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): boolean =>
  a.length === b.length && Array.from(a).every((value, i) => Object.is(value, b[i]))

/**
 * Makes a graph for one batch size one for any, by what another batch size changes in it: a size in a shape that is left
 * open, or else nothing.
 *
 * @throws {StateError} naming the module whose step cannot be written so.
 */
export function leaveBatchOpen(graph: GraphBuilder, other: GraphBuilder): void {
  graph.nodes.forEach((node, i) => {
    const second = other.nodes[i]
    if (second === undefined || node.op !== second.op || node.name !== second.name)
      throw dependsOnBatch(node.place, node.op)
    for (const [name, value] of Object.entries(node.attributes)) {
      if (!sameAttribute(value, second.attributes[name])) throw dependsOnBatch(node.place, `${name} of ${node.op}`)
    }
  })
  if (other.nodes.length !== graph.nodes.length) throw dependsOnBatch('its end', 'the number of steps')
  graph.constants.forEach((constant, i) => {
    openSize(constant, other.constants[i])
  })
  graph.weights.forEach((weight, i) => {
    const second = other.weights[i]
    if (weight.name !== second.name) throw dependsOnBatch(weight.place, weight.name)
    if (weight.isState) return
    const [a, b]: AnyArray[] = [weight.read(), second.read()]
    if (!sameNumbers(a, b)) throw dependsOnBatch(weight.place, `a tensor ${formatShape(weight.shape)}`)
  })
}

function sameAttribute(a: unknown, b: unknown): boolean {
  if (a instanceof Float) return b instanceof Float && Object.is(a.value, b.value)
  if (Array.isArray(a)) return Array.isArray(b) && sameNumbers(a, b)
  return a === b
}

function openSize(constant: Constant, other: Constant): void {
  const { values, isShape, place } = constant
  if (sameNumbers(values, other.values)) return
  const different = values.flatMap((value, i) => (value === other.values[i] ? [] : [i]))
  if (!isShape || values.length !== other.values.length || different.length !== 1) {
    throw dependsOnBatch(
      place,
      isShape ? `the shape ${formatShape(values)}` : `a constant ${formatShape(constant.shape)}`,
    )
  }
  constant.values = values.with(different[0], -1)
}

/**
 * Refuses a model whose outputs have other dimensions for a batch of one, which `squeeze()` takes away.
 *
 * @param outputs shapes for a larger batch
 * @param single those for a batch of one
 * @throws {StateError} when the number of dimensions differs.
 */
export function checkBatchOfOne(outputs: readonly Shape[], single: readonly Shape[]): void {
  outputs.forEach((shape, i) => {
    if (shape.length !== single[i]?.length) throw dependsOnBatch('its end', 'the number of dimensions')
  })
}

/** Sizes of a value, by name where they depend on the batch: `batch` itself, or one of the value's own. */
export function openShape(name: string, shape: Shape, other: Shape, batches: readonly [number, number]) {
  return shape.map((size, dim): number | string => {
    if (size === other[dim]) return size
    return size === batches[0] && other[dim] === batches[1] ? 'batch' : `${name}_${dim}`
  })
}
