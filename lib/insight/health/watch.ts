import { isGradEnabled } from '../../autograd/grad_mode.ts'
import { type Node, type TapeObserver, tapeWatch } from '../../autograd/node.ts'
import { backend } from '../../kernels/select.ts'
import type { HookHandle } from '../../nn/hooks.ts'
import type { Module } from '../../nn/module.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { tensorsIn } from '../meta_pass.ts'

/** What a watcher is told of a training forward. */
export interface ForwardListener {
  /** Whether this forward is to be looked at. */
  wanted(): boolean
  /** An innermost module made an output. */
  output(path: string, module: Module, output: Tensor): void
  /** A ReLU, module or function, made an output. */
  rectified(path: string, type: string, output: Tensor): void
  /** A norm takes away the scale of a weight. */
  invariant(weight: Tensor): void
}

const RELU = /^relu6?$/
const NORM = /^(batch|layer|group|instance|rms)\w*[nN]orm/

/** Watches the forward passes of a model in training, by hooks on its modules and by the tape. */
export class ForwardWatch {
  readonly #listener: ForwardListener
  readonly #handles: HookHandle[]
  readonly #paths: Map<Module, string>
  /** Modules that run, the innermost last; null outside of a forward that is looked at. */
  #stack: Module[] | null = null
  #functions = new Map<Module, number>()
  #outer: TapeObserver | null = null

  constructor(model: Module, listener: ForwardListener) {
    this.#listener = listener
    this.#paths = new Map(Array.from(model.namedModules(), ([path, module]) => [module, path]))
    this.#handles = [...this.#paths.keys()].flatMap((module) => [
      module.registerForwardPreHook(() => {
        this.#enter(module, module === model)
        return undefined
      }),
      module.registerForwardHook((_, __, output) => {
        this.#leave(module, output)
        return undefined
      }),
    ])
  }

  remove(): void {
    for (const handle of this.#handles) handle.remove()
    this.#end()
  }

  #enter(module: Module, isModel: boolean): void {
    if (isModel) {
      // An earlier forward may have ended by an error.
      this.#end()
      const training = module.training && isGradEnabled() && backend().info().backend !== 'meta'
      if (!training || !this.#listener.wanted()) return
      this.#begin()
    }
    this.#stack?.push(module)
  }

  #leave(module: Module, output: unknown): void {
    if (this.#stack === null) return
    const path = this.#paths.get(module) ?? ''
    const [first] = tensorsIn(output)
    if (module.namedChildren().length === 0 && first?.dtype === 'float32' && first.size > 0) {
      this.#listener.output(path, module, first)
    }
    this.#stack.pop()
    if (this.#stack.length === 0) this.#end()
  }

  readonly #observe: TapeObserver = (op, output, inputs) => {
    this.#outer?.(op, output, inputs)
    const module = this.#stack?.at(-1)
    if (module === undefined) return
    if (RELU.test(op)) this.#listener.rectified(...this.#nameOf(module, op), output)
    const source = inputs[0]?.gradNode as Node | null | undefined
    if (!NORM.test(op) || source == null || !/^(conv|linear)/.test(source.name)) return
    const weight = source.inputs[1]?.leaf
    if (weight != null) this.#listener.invariant(weight)
  }

  /** A ReLU by its module, or, called as a function, by the module around it. */
  #nameOf(module: Module, op: string): [path: string, type: string] {
    const path = this.#paths.get(module) ?? ''
    if (/^ReLU/.test(module.constructor.name)) return [path, module.constructor.name]
    const count = (this.#functions.get(module) ?? 0) + 1
    this.#functions.set(module, count)
    const name = count === 1 ? op : `${op}${count}`
    return [path === '' ? name : `${path}.${name}`, op]
  }

  #begin(): void {
    this.#stack = []
    this.#functions = new Map()
    this.#outer = tapeWatch.observer
    tapeWatch.observer = this.#observe
  }

  #end(): void {
    if (this.#stack === null) return
    this.#stack = null
    if (tapeWatch.observer === this.#observe) tapeWatch.observer = this.#outer
    this.#outer = null
  }
}
