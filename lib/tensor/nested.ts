import { DTypeError, ShapeError } from '../util/errors.ts'
import { formatShape, type Shape, sizeOf } from '../util/shape.ts'

/** A value, or arrays of arrays of them. */
export type Nested<T> = T | readonly Nested<T>[]

/** Arranges a flat list, in row-major order, as nested arrays of the given shape. */
export function nest<T>(flat: ArrayLike<T>, shape: Shape): Nested<T> {
  if (shape.length === 0) return flat[0]
  const build = (dim: number, start: number, size: number): Nested<T>[] => {
    const inner = shape[dim] === 0 ? 0 : size / shape[dim]
    const row = new Array<Nested<T>>(shape[dim])
    for (let i = 0; i < row.length; i++) {
      row[i] = dim === shape.length - 1 ? flat[start + i] : build(dim + 1, start + i * inner, inner)
    }
    return row
  }
  return build(0, 0, sizeOf(shape))
}

/** Nested arrays flattened in row-major order, with the kind of value that all of them are. */
export interface Flat {
  shape: number[]
  values: unknown[]
  kind: 'number' | 'bigint' | 'boolean'
}

/**
 * Flattens nested arrays.
 *
 * @throws {ShapeError} when the nesting is ragged.
 * @throws {DTypeError} when a value is neither a number nor a bigint nor a boolean, or kinds are mixed.
 */
export function flatten(op: string, data: unknown): Flat {
  const shape: number[] = []
  for (let level = data; Array.isArray(level); level = level[0]) shape.push(level.length)
  const values: unknown[] = []
  let kind: Flat['kind'] | null = null
  const visit = (value: unknown, dim: number): void => {
    if (Array.isArray(value)) {
      if (dim >= shape.length || value.length !== shape[dim]) throw ragged(op, shape, dim, value.length)
      for (const item of value) visit(item, dim + 1)
      return
    }
    if (dim !== shape.length) throw ragged(op, shape, dim, null)
    const type = typeof value
    if (type !== 'number' && type !== 'bigint' && type !== 'boolean') {
      throw new DTypeError(`${op}: expected numbers, bigints or booleans, got ${value === null ? 'null' : type}`)
    }
    if (kind !== null && kind !== type)
      throw new DTypeError(`${op}: expected one kind of value, got ${kind} and ${type}`)
    kind = type
    values.push(value)
  }
  visit(data, 0)
  return { shape, values, kind: kind ?? 'number' }
}

function ragged(op: string, shape: Shape, dim: number, length: number | null): ShapeError {
  const got = length === null ? 'a single value' : `an array of length ${length}`
  const want = dim >= shape.length ? 'a single value' : `an array of length ${shape[dim]}`
  return new ShapeError(
    `${op}: expected nested arrays of equal lengths, ${want} at depth ${dim}, got ${got}; ` +
      `the first elements have shape ${formatShape(shape)}`,
  )
}
