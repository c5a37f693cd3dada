import type { Generator } from '../../data/generator.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { formatShape, sizeOf } from '../../util/shape.ts'

/** A tensor that a problem begins with. */
export interface Input {
  shape: readonly number[]
  /** Even spread, from −1 to 1 by default. */
  range?: readonly [low: number, high: number]
  /** Whole numbers below this instead, as int32 and without gradient. */
  classes?: number
  /** Whether its gradient is compared too, `true` by default. */
  grad?: boolean
}

/** An op with sizes and settings; what it computes from random inputs, and their gradients, are compared. */
export interface Problem {
  title: string
  inputs: readonly Input[]
  run(inputs: Tensor[]): Tensor
}

/** Draws problems of an op. */
export type Draw = (random: Random) => Problem

/** Random choices that problems are made of. */
export class Random {
  readonly #generator: Generator

  constructor(generator: Generator) {
    this.#generator = generator
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.#generator.integer(most - least + 1)
  }

  choose<T>(items: readonly T[]): T {
    return items[this.#generator.integer(items.length)]
  }

  /** Numbers for an input. */
  fill({ shape, range = [-1, 1], classes }: Input): Float32Array | Int32Array {
    const size = sizeOf(shape)
    if (classes !== undefined) return Int32Array.from({ length: size }, () => this.#generator.integer(classes))
    return Float32Array.from({ length: size }, () => this.#generator.uniform(range[0], range[1]))
  }
}

/** A problem's name: sizes of its inputs and what else decides it. */
export function titleOf(inputs: readonly Input[], settings: object = {}): string {
  const shapes = inputs.map(({ shape }) => formatShape(shape)).join(' ')
  const rest = Object.entries(settings).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  return [shapes, ...rest].join(', ')
}

/** A problem with its title. */
export function problem(inputs: readonly Input[], run: Problem['run'], settings: object = {}): Problem {
  return { title: titleOf(inputs, settings), inputs, run }
}
