// Our side of a benchmark: the built package in a process of its own, like every peer.
import type { Backend, BufferRef } from '../../lib/kernels/backend.ts'
import type { Tensor } from '../../lib/tensor/tensor.ts'
import { uniform } from '../fill.ts'
import { loadLibrary, loadNativeBackend } from '../library.ts'
import { dtypeOf, filled, type KernelCall, type KernelCase } from '../ops/kernel_case.ts'
import type { ConvPass, ConvShape } from '../suites/conv_shapes.ts'
import { type Prepared, serve } from './server.ts'
import { prepareModel } from './strided_models.ts'

/** What `setup` asks for. */
type Setup =
  | { kind: 'kernel'; kernelCase: KernelCase; sample: number[] }
  | { kind: 'conv'; shape: ConvShape; pass: ConvPass; sample: number[] }
  | { kind: 'overhead'; op: 'add' | 'mul' | 'relu' }
  | { kind: 'model'; model: string; pass: 'step' | 'eval'; sample: number[] }

const strided = await loadLibrary()
const { createNativeBackend } = await loadNativeBackend()
// Settings come from STRIDED_ISA and STRIDED_NUM_THREADS, as for users.
const backend = createNativeBackend()

/** A kernel on the buffers of its case. */
function prepareKernel({ buffers, prepare, call, result }: KernelCase, sample: number[]): Prepared {
  // Blocks live as long as this object, which the closure below holds.
  const owner = {}
  const blocks: Record<string, { block: ReturnType<Backend['allocate']>; ref: BufferRef }> = {}
  for (const [name, { size, contents }] of Object.entries(buffers)) {
    const data = filled(size, contents)
    const block = backend.allocate(data.byteLength, owner)
    backend.write(block, 0, data)
    blocks[name] = { block, ref: backend.ref(block, dtypeOf(data), 0, size) }
  }
  const bind = ({ kernel, args }: KernelCall): (() => void) => {
    const values = args.map((arg) => {
      if (arg === null) return null
      if ('plain' in arg) return arg.plain
      return 'buffer' in arg ? blocks[arg.buffer].ref : arg.buffers.map((name) => blocks[name].ref)
    })
    const run = backend.kernels[kernel] as (...args: unknown[]) => void
    return () => {
      run.apply(owner, values)
    }
  }
  for (const before of prepare) bind(before)()
  const timed = bind(call)
  timed()
  const output = new Float32Array(buffers[result].size)
  backend.read(blocks[result].block, 0, output)
  return { call: timed, reply: { values: sample.map((i) => output[i]) } }
}

/** `[n, ...spatial, c]` data as a tensor of logical shape `[n, c, ...spatial]`, channels-last in memory. */
function channelsLastTensor(shape: readonly number[], seed: number): Tensor {
  const [n, c, ...spatial] = shape
  const stored = strided.tensor(
    uniform(
      shape.reduce((a, b) => a * b),
      seed,
    ),
    { shape: [n, ...spatial, c] },
  )
  return stored.permute([0, spatial.length + 1, ...spatial.map((_, d) => d + 1)])
}

/** The elements of a channels-last tensor in the order of memory. */
function storedValues(output: Tensor): Float32Array {
  const spatial = output.shape.slice(2).map((_, d) => d + 2)
  return output.permute([0, ...spatial, 1]).toTypedArray() as Float32Array
}

/**
 * A convolution through the public functions, for those that are more than one kernel call: recording costs some
 * microseconds, and only the gradient that is timed is asked for.
 */
function prepareConv(shape: ConvShape, pass: ConvPass, sample: number[]): Prepared {
  const { name, options, inputShape, weightShape, outputShape } = shape
  const run = (strided.functional as unknown as Record<string, (...args: unknown[]) => Tensor>)[name]
  const input = channelsLastTensor(inputShape, 1)
  const weight = channelsLastTensor(weightShape, 2)
  const forward = (): Tensor => run(input, weight, null, options)
  if (pass === 'forward') {
    const values = storedValues(strided.noGrad(forward))
    return { call: () => strided.noGrad(forward).dispose(), reply: { values: sample.map((i) => values[i]) } }
  }
  const leaf = (pass === 'backwardInput' ? input : weight).requiresGrad_()
  const gradOutput = channelsLastTensor(outputShape, 4)
  const output = forward()
  const backward = (): void => {
    leaf.grad = null
    output.backward(gradOutput, { retainGraph: true })
  }
  backward()
  const values = storedValues(leaf.grad!)
  return { call: backward, reply: { values: sample.map((i) => values[i]) } }
}

/** One op on tensors of one element, recorded for backward. */
function prepareOverhead(op: 'add' | 'mul' | 'relu'): Prepared {
  const a = strided.tensor([1.5], { requiresGrad: true })
  const b = strided.tensor([2.5], { requiresGrad: true })
  const { add, mul } = strided
  const { relu } = strided.functional
  // The results are left to the garbage collector, as in a user's loop.
  const calls = { add: () => add(a, b), mul: () => mul(a, b), relu: () => relu(a) }
  return { call: calls[op] }
}

function prepare(setup: Setup): Prepared {
  switch (setup.kind) {
    case 'kernel':
      return prepareKernel(setup.kernelCase, setup.sample)
    case 'conv':
      return prepareConv(setup.shape, setup.pass, setup.sample)
    case 'overhead':
      return prepareOverhead(setup.op)
    case 'model':
      return prepareModel(strided, setup.model, setup.pass, setup.sample)
  }
}

const { isa, threads } = backend.info()
const functional = Object.keys(strided.functional)
const models = Object.keys(strided.models)
serve({ version: 'built package', isa, threads, functional, models }, prepare)
