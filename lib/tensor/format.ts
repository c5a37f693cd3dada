import { formatShape, type Shape } from '../util/shape.ts'
import type { DType } from './dtype.ts'

/** Above this many elements only the ends of each dimension are printed, as in PyTorch. */
const SUMMARISE_ABOVE = 1000
/** Elements printed at each end of a summarised dimension. */
const EDGE = 3
/** Digits after the point. */
const PRECISION = 4
/** Beyond these magnitudes decimals turn into scientific notation. */
const LARGEST_DECIMAL = 1e8
const SMALLEST_DECIMAL = 1e-4
/** Ratio of largest to smallest magnitude beyond which one scale cannot show both. */
const LARGEST_RATIO = 1000

interface Printable {
  readonly shape: Shape
  readonly dtype: DType
  readonly size: number
  readonly requiresGrad: boolean
}

/**
 * A tensor as text in PyTorch's style.
 *
 * @param values the elements in logical row-major order
 * @param gradFn name of the op that made it, or null
 */
export function formatTensor(tensor: Printable, values: ArrayLike<number | bigint>, gradFn: string | null): string {
  const { shape, dtype, size } = tensor
  const summarise = size > SUMMARISE_ABOVE
  const shown = indicesShown(shape, summarise)
  const render = dtype === 'float32' ? floatFormat(shown.map((i) => Number(values[i]))) : String
  const width = shown.reduce((most, i) => Math.max(most, render(values[i]).length), 0)
  const body = size === 0 ? '[]' : printLevel(shape, 0, 0, size, summarise, (i) => render(values[i]).padStart(width))
  const notes: string[] = []
  if (summarise || size === 0) notes.push(`shape=${formatShape(shape)}`)
  if (dtype !== 'float32') notes.push(`dtype=${dtype}`)
  if (gradFn !== null) notes.push(`gradFn=${gradFn}`)
  else if (tensor.requiresGrad) notes.push('requiresGrad=true')
  return `tensor(${[body, ...notes].join(', ')})`
}

/** Which positions of a dimension are printed; −1 stands for what is left out. */
function positions(size: number, summarise: boolean): number[] {
  if (!summarise || size <= 2 * EDGE) return Array.from({ length: size }, (_, i) => i)
  return [0, 1, 2, -1, size - 3, size - 2, size - 1]
}

function indicesShown(shape: Shape, summarise: boolean): number[] {
  let indices = [0]
  for (const size of shape) {
    const kept = positions(size, summarise).filter((i) => i >= 0)
    indices = indices.flatMap((base) => kept.map((i) => base * size + i))
  }
  return indices
}

function printLevel(
  shape: Shape,
  dim: number,
  start: number,
  size: number,
  summarise: boolean,
  print: (index: number) => string,
): string {
  if (dim === shape.length) return print(start)
  const inner = size / shape[dim]
  const items = positions(shape[dim], summarise).map((i) =>
    i < 0 ? '...' : printLevel(shape, dim + 1, start + i * inner, inner, summarise, print),
  )
  if (dim === shape.length - 1) return `[${items.join(', ')}]`
  // One blank line more for each dimension further out; continuation lines align behind `tensor(` and the brackets.
  const separator = `,${'\n'.repeat(shape.length - 1 - dim)}${' '.repeat('tensor('.length + dim + 1)}`
  return `[${items.join(separator)}]`
}

/** Chooses one notation for all shown values: whole numbers `1.`, decimals `0.5000` or scientific `1.0000e-05`. */
function floatFormat(shown: readonly number[]): (value: number | bigint) => string {
  const finite = shown.filter((value) => Number.isFinite(value))
  const magnitudes = finite.filter((value) => value !== 0).map(Math.abs)
  const largest = Math.max(0, ...magnitudes)
  const smallest = Math.min(Number.POSITIVE_INFINITY, ...magnitudes)
  const whole = finite.every((value) => Number.isInteger(value))
  const scientific =
    largest > LARGEST_DECIMAL || largest / smallest > LARGEST_RATIO || (!whole && smallest < SMALLEST_DECIMAL)
  return (value) => {
    const number = Number(value)
    if (!Number.isFinite(number)) return Number.isNaN(number) ? 'nan' : number > 0 ? 'inf' : '-inf'
    if (scientific) return number.toExponential(PRECISION).replace(/e([+-])(\d)$/, 'e$10$2')
    return whole ? `${number}.` : number.toFixed(PRECISION)
  }
}
