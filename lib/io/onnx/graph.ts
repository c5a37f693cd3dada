import type { AnyArray, DType } from '../../tensor/dtype.ts'
import { type Shape, sizeOf } from '../../util/shape.ts'

/** A number that ONNX wants as a float though it may be whole. */
export class Float {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

/** An attribute of a node: an integer, integers, a float or text. */
export type Attribute = number | readonly number[] | Float | string

export interface GraphNode {
  name: string
  op: string
  inputs: string[]
  output: string
  attributes: Readonly<Record<string, Attribute>>
  /** The module whose step it belongs to, for errors. */
  place: string
}

/** Numbers that belong to the graph and not to the model. */
export interface Constant {
  name: string
  dtype: 'float32' | 'int64'
  shape: Shape
  values: readonly number[]
  /** Whether it is the shape that a node gives its input: one size may then be left open as −1. */
  isShape: boolean
  place: string
}

/** A parameter, a buffer, or another tensor that the model holds. */
export interface Weight {
  name: string
  dtype: DType
  shape: Shape
  /** Whether it is part of the model's state, and so the same in every forward pass. */
  isState: boolean
  /** The numbers in logical row-major order. */
  read(): AnyArray
  place: string
}

/** What the outputs of a model are called. */
const OUTPUT = /^output(_\d+)?$/

/** An ONNX graph that is being put together, node by node. Values go by name. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = []
  readonly constants: Constant[] = []
  readonly weights: Weight[] = []
  /** Path of the module whose step is being converted, and its class. */
  path = ''
  place = ''
  readonly #names = new Map<string, number>()

  /** Adds a node, with one output, whose name is returned; an absent input is `''`. */
  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const name = this.#unique(this.path === '' ? op : `${this.path}/${op}`)
    this.nodes.push({ name, op, inputs: [...inputs], output: name, attributes, place: this.place })
    return name
  }

  /** Adds integers, a list unless a shape is given. */
  ints(values: readonly number[], shape: Shape = [values.length]): string {
    return this.#constant('int64', values, shape, false)
  }

  /** Adds floats; a number on its own has no dimensions. */
  floats(values: number | readonly number[], shape?: Shape): string {
    const list = typeof values === 'number' ? [values] : values
    return this.#constant('float32', list, shape ?? (typeof values === 'number' ? [] : [list.length]), false)
  }

  /** Adds floats that are all the same. */
  filled(shape: Shape, value: number): string {
    return this.floats(new Array<number>(sizeOf(shape)).fill(value), shape)
  }

  /** The input under another shape. */
  reshape(input: string, shape: Shape): string {
    return this.node('Reshape', [input, this.#constant('int64', shape, [shape.length], true)])
  }

  /** Adds a tensor of the model. */
  weight(weight: Omit<Weight, 'place'>): string {
    // The names of outputs are taken, however many there will be.
    const name = this.#unique(OUTPUT.test(weight.name) ? `${weight.name}_weight` : weight.name)
    this.weights.push({ ...weight, name, place: this.place })
    return name
  }

  /** Takes a name that nothing else may have. */
  reserve(name: string): void {
    this.#names.set(name, 1)
  }

  /** Gives a node's output another name. */
  rename(from: string, to: string): void {
    for (const node of this.nodes) {
      if (node.output === from) node.output = to
      node.inputs = node.inputs.map((name) => (name === from ? to : name))
    }
  }

  #constant(dtype: Constant['dtype'], values: readonly number[], shape: Shape, isShape: boolean): string {
    const name = this.#unique(this.path === '' ? 'Constant' : `${this.path}/Constant`)
    this.constants.push({ name, dtype, shape, values, isShape, place: this.place })
    return name
  }

  #unique(name: string): string {
    const uses = this.#names.get(name) ?? 0
    this.#names.set(name, uses + 1)
    return uses === 0 ? name : this.#unique(`${name}_${uses}`)
  }
}
