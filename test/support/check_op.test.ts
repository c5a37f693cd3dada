import { describe, expect, it } from 'vitest'
import type { Backend } from '../../lib/kernels/backend.ts'
import type { Kernels } from '../../lib/kernels/kernels.ts'
import { createReferenceBackend } from '../../lib/kernels/reference_backend.ts'
import { checkCall, inout, input, type KernelCall, list, output, plain, same } from './check_op.ts'
import { uniform } from './data.ts'

type Relu = (size: number, input: Float32Array, output: Float32Array) => void

/** The reference backend with another `reluForward`, which also learns the number of threads. */
function sabotaged(relu: (threads: number) => Relu): Backend {
  const backend = createReferenceBackend()
  let threads = 1
  const kernels = { ...backend.kernels }
  kernels.reluForward = ((...args) => relu(threads)(...(args as Parameters<Relu>))) as typeof kernels.reluForward
  const forward: Partial<Backend> = {
    kernels,
    setNumThreads(count) {
      threads = count
    },
    getNumThreads: () => threads,
  }
  return new Proxy(backend, {
    get(target, key) {
      const own = forward[key as keyof Backend] ?? target[key as keyof Backend]
      return typeof own === 'function' ? own.bind(target) : own
    },
  })
}

const honest: Relu = (size, from, to) => {
  for (let i = 0; i < size; i++) to[i] = Math.max(0, from[i])
}

const reluCall: KernelCall = {
  kernel: 'reluForward',
  title: 'size19',
  args: [plain(19), input(uniform(19, 1)), output(19, 'exact')],
}

function check(relu: (threads: number) => Relu): void {
  checkCall(reluCall, [{ name: 'test', backend: sabotaged(relu) }])
}

/** The whole memory behind a view. */
const around = (view: Float32Array): Float32Array => new Float32Array(view.buffer, 0, view.buffer.byteLength >> 2)

describe('checkCall', () => {
  it('accepts the reference itself', () => {
    check(() => honest)
    const backends = [{ name: 'reference', backend: createReferenceBackend() }]
    const alias: KernelCall = {
      kernel: 'reluForward',
      title: '',
      args: [plain(9), inout(uniform(9, 2), 'exact'), same(1)],
    }
    checkCall(alias, backends)
    const step = { lr: 0.1, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false, first: true }
    const sgd: KernelCall = {
      kernel: 'sgdStep',
      title: 'sizes3x4',
      args: [
        plain({ groups: [{ ...step, sizes: [3, 4] }] }),
        list([inout(uniform(3, 3), 'exact'), inout(uniform(4, 4), 'exact')]),
        list([input(uniform(3, 5)), input(uniform(4, 6))]),
        list([]),
      ],
    }
    checkCall(sgd, backends)
  })

  it('finds a wrong value', () => {
    const wrong: Relu = (size, from, to) => {
      honest(size, from, to)
      to[7] += 0.5
    }
    expect(() => check(() => wrong)).toThrow(/^reluForward size19 on test with 1 threads: buffer 1\[7\]: expected/)
  })

  it('finds an element that was not written', () => {
    expect(() => check(() => (size, from, to) => honest(size - 1, from, to))).toThrow('buffer 1[18]: expected')
  })

  it('finds a write before and behind an output', () => {
    const before: Relu = (size, from, to) => {
      honest(size, from, to)
      around(to)[to.byteOffset / 4 - 1] = 1
    }
    expect(() => check(() => before)).toThrow('buffer 1 is not alone: a canary changed at byte -4 of 76')
    const behind: Relu = (size, from, to) => {
      honest(size, from, to)
      around(to)[to.byteOffset / 4 + size] = 1
    }
    expect(() => check(() => behind)).toThrow('buffer 1 is not alone: a canary changed at byte 76 of 76')
  })

  it('finds a changed input', () => {
    const careless: Relu = (size, from, to) => {
      honest(size, from, to)
      from[3] = 0
    }
    expect(() => check(() => careless)).toThrow('buffer 0 is an input but changed at byte 12 of 76')
  })

  it('finds bits that depend on the number of threads', () => {
    const call: KernelCall = {
      ...reluCall,
      args: [...reluCall.args.slice(0, 2), output(19, { rtol: 1e-6, atol: 1e-6 })],
    }
    const relu =
      (threads: number): Relu =>
      (size, from, to) => {
        honest(size, from, to)
        if (threads === 3) to[4] += 1e-7
      }
    const backends = [{ name: 'test', backend: sabotaged(relu) }]
    expect(() => checkCall(call, backends)).toThrow('with 3 threads: buffer 1 differs from that with 1 threads')
  })

  it('measures sums by their absolute terms', () => {
    const terms = Float32Array.from([1, -1, 1e-3, 0])
    const problem = { op: 'sum' as const, outer: 1, size: 4, inner: 1, correction: 0 }
    const backend = createReferenceBackend()
    const kernels: Kernels<unknown> = { ...(backend.kernels as Kernels<unknown>) }
    const call: KernelCall = {
      kernel: 'reduce',
      title: 'sum',
      args: [plain(problem), input(terms), output(1, { terms: 4 })],
    }
    const off = (error: number): Backend => {
      kernels.reduce = (_, __, to) => {
        ;(to as Float32Array)[0] = 1e-3 + error
      }
      return new Proxy(backend, { get: (target, key) => (key === 'kernels' ? kernels : bound(target, key)) })
    }
    const bound = (target: Backend, key: string | symbol): unknown => {
      const own = target[key as keyof Backend]
      return typeof own === 'function' ? own.bind(target) : own
    }
    // 8 roundings of 2⁻²⁴ relative to 2.001.
    checkCall(call, [{ name: 'test', backend: off(8e-7) }])
    expect(() => checkCall(call, [{ name: 'test', backend: off(1.1e-6) }])).toThrow('buffer 1[0]: expected')
  })
})
