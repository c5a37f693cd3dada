import { fillElements } from '../tensor/create.ts'
import { closeScope, openScope, untracked } from '../tensor/scope.ts'
import { emptyTensor, Tensor } from '../tensor/tensor.ts'
import { describe } from '../util/check.ts'
import { DTypeError, ShapeError, StateError } from '../util/errors.ts'
import { formatShape, sameShape } from '../util/shape.ts'
import { accumulateGrad, isExclusive, sumGrads } from './accumulate.ts'
import { noGrad } from './grad_mode.ts'
import { type Node, nodeOf } from './node.ts'

/** What a backward pass leaves behind. */
export interface BackwardOptions {
  /**
   * Keeps the graph for another backward; otherwise what it saved is released as soon as it is used, and a second one
   * throws {@link StateError}. Default false.
   */
  retainGraph?: boolean
}

/** Numbers the backward passes, so that a node knows whether the current one has visited it. */
let passes = 0

/** What is to be done once the running backward pass is over. */
let finishers: (() => void)[] = []

/** Runs `fn` at the end of the backward pass that is running; not when an error ends it. */
export function atBackwardEnd(fn: () => void): void {
  finishers.push(fn)
}

/**
 * Propagates the gradient of `root` to all leaves that require one: a topological order of the recorded ops, walked from
 * the output to the inputs. Each gradient is released once it was used.
 *
 * @param gradient shaped like `root`; may be left out when that is a single element, then it is 1
 * @throws {ShapeError} when there is no gradient for a larger tensor, or one of another shape.
 * @throws {StateError} when `root` requires no gradient or the graph was released by an earlier backward.
 */
export function runBackward(root: Tensor, gradient: Tensor | undefined, options: BackwardOptions): void {
  if (!root.requiresGrad) {
    throw new StateError(
      `backward: expected a tensor that requires gradients or was computed from one while gradients were recorded; ` +
        `tensor ${formatShape(root.shape)}`,
    )
  }
  const node = nodeOf(root) as Node
  const order = topologicalOrder(node)
  untracked(() =>
    noGrad(() => {
      node.pending = initialGradient(root, gradient)
      try {
        for (let i = order.length - 1; i >= 0; i--) step(order[i], options.retainGraph ?? false)
        for (const finish of finishers) finish()
      } finally {
        finishers = []
        for (const visited of order) {
          visited.pending?.dispose()
          visited.pending = null
          // After an error nobody can use what is left of a graph whose beginning is gone.
          if (node.released && !visited.released && !visited.isLeaf) visited.release()
        }
      }
    }),
  )
}

function initialGradient(root: Tensor, gradient: Tensor | undefined): Tensor {
  if (gradient === undefined) {
    if (root.size !== 1) {
      throw new ShapeError(
        `backward: expected a tensor of one element, or a gradient of shape ${formatShape(root.shape)} as the argument, ` +
          'got none; reduce with sum() or mean() first',
      )
    }
    const one = emptyTensor(root.shape, 'float32')
    fillElements('backward', one, 1)
    return one
  }
  if (gradient.dtype !== 'float32') throw new DTypeError(`backward: expected a float32 gradient, got ${gradient.dtype}`)
  if (!sameShape(gradient.shape, root.shape)) {
    throw new ShapeError(
      `backward: expected a gradient of the tensor's shape; ` +
        `tensor ${formatShape(root.shape)}, gradient ${formatShape(gradient.shape)}`,
    )
  }
  gradient.checkAlive('backward')
  return gradient.alias()
}

/** Every node that `root` depends on, each behind all nodes of its inputs. Iterative, because networks are deep. */
function topologicalOrder(root: Node): Node[] {
  const visit = ++passes
  const order: Node[] = []
  const stack: Node[] = []
  const nextInput: number[] = []
  const push = (node: Node): void => {
    if (node.released) {
      throw new StateError(
        `backward: the graph was released by an earlier backward, at ${node.name}; ` +
          'pass { retainGraph: true } to the earlier one',
      )
    }
    node.visit = visit
    stack.push(node)
    nextInput.push(0)
  }
  push(root)
  while (stack.length > 0) {
    const top = stack.length - 1
    const node = stack[top]
    if (nextInput[top] < node.inputs.length) {
      const input = node.inputs[nextInput[top]++]
      if (input !== null && input.visit !== visit) push(input)
    } else {
      order.push(node)
      stack.pop()
      nextInput.pop()
    }
  }
  return order
}

/** Uses up the gradient gathered for one node. */
function step(node: Node, retainGraph: boolean): void {
  const gathered = node.pending
  node.pending = null
  if (gathered === null) {
    if (!retainGraph && !node.isLeaf) node.release()
    return
  }
  const grad = node.hooks === null ? gathered : runHooks(node, gathered)
  // Hooks may have kept the tensor they saw, or have returned one of their own.
  const exposed = node.hooks !== null
  if (node.leaf !== null) {
    accumulateGrad(node.leaf, grad, exposed)
    if (node.afterAccumulate !== null) for (const hook of [...node.afterAccumulate]) hook(node.leaf)
    return
  }
  if (node.retainer !== null) accumulateGrad(node.retainer, grad, true)
  distribute(node, grad, exposed)
  if (!retainGraph) node.release()
}

function runHooks(node: Node, gathered: Tensor): Tensor {
  let grad = gathered
  for (const hook of [...(node.hooks ?? [])]) {
    const replacement = hook(grad)
    if (replacement === undefined || replacement === null) continue
    if (!(replacement instanceof Tensor)) {
      throw new DTypeError(
        `registerHook: expected the hook to return a tensor or nothing, got ${describe(replacement)}`,
      )
    }
    if (!sameShape(replacement.shape, node.shape) || replacement.dtype !== 'float32') {
      throw new ShapeError(
        `registerHook: expected the hook to return a float32 gradient of shape ${formatShape(node.shape)}, ` +
          `got ${replacement.dtype} ${formatShape(replacement.shape)}`,
      )
    }
    grad = replacement
  }
  return grad
}

/** Runs a node's backward and hands the gradients on to the nodes of its inputs. */
function distribute(node: Node, grad: Tensor, exposed: boolean): void {
  const backward = node.backward
  if (backward === null) throw new StateError(`backward: ${node.name} was released while it ran`)
  const outer = openScope()
  let grads: readonly (Tensor | null)[] = []
  try {
    const owned = !exposed && isExclusive(grad)
    grads = backward(grad, owned).map((item) => (item === grad ? grad.alias() : item))
  } finally {
    closeScope(outer, grads)
  }
  if (!exposed) grad.dispose()
  for (let i = 0; i < node.inputs.length; i++) {
    const target = node.inputs[i]
    const gradInput = grads[i] ?? null
    if (gradInput === null) continue
    if (target === null) {
      gradInput.dispose()
      continue
    }
    if (!sameShape(gradInput.shape, target.shape)) {
      throw new ShapeError(
        `${node.name}: backward gave gradient ${formatShape(gradInput.shape)} for input ${i} ` +
          `of shape ${formatShape(target.shape)}`,
      )
    }
    target.pending = target.pending === null ? gradInput : sumGrads(target.pending, gradInput)
  }
}
