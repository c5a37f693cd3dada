import { untracked } from '../tensor/scope.ts'
import type { GradNode, Tensor } from '../tensor/tensor.ts'
import { StateError } from '../util/errors.ts'
import { formatShape, type Shape } from '../util/shape.ts'
import { gradMode } from './grad_mode.ts'

/**
 * Maps the gradient of an op's output to those of its inputs, null where none is needed. A gradient that is `owned` will
 * be read by nobody else: it may be overwritten and returned.
 */
export type BackwardFn = (gradOutput: Tensor, owned: boolean) => readonly (Tensor | null)[]

/** Called with a gradient; a tensor that it returns takes the gradient's place. */
export type GradHook = (grad: Tensor) => Tensor | undefined | null

/**
 * What the tape knows of one tensor: the op that made it, the nodes of that op's inputs, and how gradients flow back.
 * A leaf's node has no inputs; the gradient that reaches it is accumulated in `leaf.grad`.
 */
export class Node implements GradNode {
  readonly name: string
  /** Shape of the tensor and so of its gradient. */
  readonly shape: Shape
  readonly leaf: Tensor | null
  /** Nodes of the inputs, null for those without gradient; emptied when the graph is released. */
  inputs: readonly (Node | null)[]
  /** What `backward` reads besides the gradient; disposed when the graph is released. */
  saved: readonly SavedTensor[] | null
  backward: BackwardFn | null
  released = false
  hooks: GradHook[] | null = null
  /** The tensor that asked to keep its gradient though it is not a leaf. */
  retainer: Tensor | null = null
  /** The gradient gathered so far in the running backward pass. */
  pending: Tensor | null = null
  /** Of a leaf: called behind each accumulation of its gradient. */
  afterAccumulate: ((leaf: Tensor) => void)[] | null = null
  /** The last backward pass that visited this node. */
  visit = 0

  constructor(
    name: string,
    shape: Shape,
    leaf: Tensor | null,
    inputs: readonly (Node | null)[],
    saved: readonly SavedTensor[] | null,
    backward: BackwardFn | null,
  ) {
    this.name = name
    this.shape = shape
    this.leaf = leaf
    this.inputs = inputs
    this.saved = saved
    this.backward = backward
  }

  get isLeaf(): boolean {
    return this.leaf !== null
  }

  /** Lets go of everything that only this node's backward needs. */
  release(): void {
    if (this.saved !== null) for (const saved of this.saved) saved.dispose()
    this.released = true
    this.saved = null
    this.backward = null
    this.inputs = []
  }
}

/** A tensor kept for backward: its own count of the storage and the version that was seen. */
export class SavedTensor {
  readonly #op: string
  readonly #tensor: Tensor
  readonly #version: number

  constructor(op: string, tensor: Tensor) {
    this.#op = op
    this.#tensor = tensor
    this.#version = tensor.storage.version
  }

  /**
   * The tensor as it was saved.
   * @throws {StateError} when it was changed in place since.
   */
  get(): Tensor {
    const tensor = this.#tensor
    const { version } = tensor.storage
    if (version !== this.#version) {
      throw new StateError(
        `${this.#op}: a tensor needed for backward, of shape ${formatShape(tensor.shape)}, has been modified by an ` +
          `in-place operation; it is at version ${version}, expected version ${this.#version}`,
      )
    }
    return tensor
  }

  dispose(): void {
    this.#tensor.dispose()
  }
}

/** Keeps a tensor for the backward of `op`. */
export function save(op: string, tensor: Tensor): SavedTensor {
  return new SavedTensor(
    op,
    untracked(() => tensor.alias()),
  )
}

/** Keeps a tensor that nobody else holds, made by `op` for its own backward, without another count. */
export function saveOwned(op: string, tensor: Tensor): SavedTensor {
  return new SavedTensor(op, tensor)
}

/** Whether an op on this tensor has to be recorded. */
export function needsGrad(input: Tensor): boolean {
  return gradMode.enabled && input.requiresGrad
}

/** Whether an op on any of these tensors has to be recorded. */
export function anyNeedsGrad(inputs: readonly (Tensor | null | undefined)[]): boolean {
  if (!gradMode.enabled) return false
  for (const input of inputs) if (input?.requiresGrad) return true
  return false
}

/** The node behind a tensor, made on first use for a leaf; null when the tensor requires no gradient. */
export function nodeOf(input: Tensor): Node | null {
  if (!input.requiresGrad) return null
  if (input.gradNode === null) input.gradNode = new Node('accumulateGrad', input.shape, input, [], null, null)
  return input.gradNode as Node
}

/** Told of every op that is recorded, with its output and inputs. */
export type TapeObserver = (op: string, output: Tensor, inputs: readonly (Tensor | null)[]) => void

/** Who watches the tape, if anyone. */
export const tapeWatch: { observer: TapeObserver | null } = { observer: null }

/**
 * Records that `op` made `output` from `inputs`. Call it only when one of them needs a gradient.
 *
 * @param saved what `backward` reads of the inputs and the output
 * @param backward returns one fresh tensor, or null, per input; the engine owns and disposes them
 */
export function record(
  op: string,
  output: Tensor,
  inputs: readonly (Tensor | null)[],
  saved: readonly SavedTensor[] | null,
  backward: BackwardFn,
): void {
  const nodes = new Array<Node | null>(inputs.length)
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]
    nodes[i] = input === null ? null : nodeOf(input)
  }
  output.requiresGrad = true
  output.gradNode = new Node(op, output.shape, null, nodes, saved, backward)
  if (tapeWatch.observer !== null) tapeWatch.observer(op, output, inputs)
}
