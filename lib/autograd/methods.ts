import { Tensor } from '../tensor/tensor.ts'
import { DTypeError, StateError } from '../util/errors.ts'
import { formatShape } from '../util/shape.ts'
import { type BackwardOptions, runBackward } from './backward.ts'
import { type GradHook, nodeOf } from './node.ts'

/** What `registerHook` returns. */
export interface HookHandle {
  /** Takes the hook away again. */
  remove(): void
}

declare module '../tensor/tensor.ts' {
  interface Tensor {
    /**
     * Propagates gradients to every leaf that requires them and accumulates them in `grad`.
     *
     * @param gradient of this tensor's shape; may be left out when it has one element, then it is 1
     * @param options.retainGraph keeps the graph for another backward, `false` unless said otherwise
     * @throws {ShapeError} when a larger tensor comes without a gradient.
     * @throws {StateError} when the tensor requires no gradient or the graph was released already.
     */
    backward(gradient?: Tensor, options?: BackwardOptions): void
    /** The same elements outside the graph: shares the memory, requires no gradient. */
    detach(): Tensor
    /**
     * Sets whether gradients flow to this tensor.
     *
     * @throws {DTypeError} for other element types than float32.
     * @throws {StateError} when switching off a tensor that a recorded op made; use `detach()`.
     */
    requiresGrad_(requiresGrad?: boolean): this
    /**
     * Keeps the gradient of a tensor that is not a leaf in `grad`.
     *
     * @throws {StateError} when the tensor requires no gradient.
     */
    retainGrad(): void
    /**
     * Calls `hook` with this tensor's gradient in every backward; a tensor that it returns takes the gradient's place.
     *
     * @throws {StateError} when the tensor requires no gradient.
     */
    registerHook(hook: GradHook): HookHandle
    /**
     * Calls `hook` with this leaf behind every backward that added to its `grad`.
     *
     * @throws {StateError} when the tensor requires no gradient or is no leaf.
     */
    registerPostAccumulateGradHook(hook: (leaf: Tensor) => void): HookHandle
  }
}

Tensor.prototype.backward = function backward(gradient, options = {}) {
  runBackward(this, gradient, options)
}

Tensor.prototype.detach = function detach() {
  this.checkAlive('detach')
  return this.alias()
}

Tensor.prototype.requiresGrad_ = function requiresGrad_(requiresGrad = true) {
  if (requiresGrad && this.dtype !== 'float32') {
    throw new DTypeError(`requiresGrad_: expected float32, got ${this.dtype}; only float32 tensors have gradients`)
  }
  if (!requiresGrad && !this.isLeaf) {
    throw new StateError(
      `requiresGrad_: expected a leaf, got a tensor that ${this.gradFn?.name} made; use detach() to leave the graph`,
    )
  }
  this.requiresGrad = requiresGrad
  return this
}

function nodeForHook(op: string, tensor: Tensor) {
  const node = nodeOf(tensor)
  if (node !== null) return node
  throw new StateError(`${op}: expected a tensor that requires gradients; tensor ${formatShape(tensor.shape)}`)
}

Tensor.prototype.retainGrad = function retainGrad() {
  const node = nodeForHook('retainGrad', this)
  if (!node.isLeaf) node.retainer = this
}

/** Adds to a list of hooks; `clear` is called when its last one was taken away. */
function addHook<T>(hooks: T[], hook: T, clear: () => void): HookHandle {
  hooks.push(hook)
  return {
    remove: () => {
      const at = hooks.indexOf(hook)
      if (at !== -1) hooks.splice(at, 1)
      if (hooks.length === 0) clear()
    },
  }
}

Tensor.prototype.registerHook = function registerHook(hook) {
  const node = nodeForHook('registerHook', this)
  node.hooks ??= []
  return addHook(node.hooks, hook, () => {
    node.hooks = null
  })
}

Tensor.prototype.registerPostAccumulateGradHook = function registerPostAccumulateGradHook(hook) {
  const node = nodeForHook('registerPostAccumulateGradHook', this)
  if (!node.isLeaf) {
    throw new StateError(
      `registerPostAccumulateGradHook: expected a leaf, got a tensor that ${node.name} made; use registerHook`,
    )
  }
  node.afterAccumulate ??= []
  return addHook(node.afterAccumulate, hook, () => {
    node.afterAccumulate = null
  })
}
