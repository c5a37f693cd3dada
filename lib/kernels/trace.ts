import { performance } from 'node:perf_hooks'
import { type ProblemOp, printProblem } from './problem_string.ts'

// The op whose problem string each traced function prints. What is not listed prints its plain arguments.
const OP: Record<string, ProblemOp> = {
  copy: 'copy',
  cast: 'cast',
  gatherRows: 'gather_rows',
  reduce: 'reduce',
  dropout: 'dropout',
  matmul: 'matmul',
  linearForward: 'linear',
  linearBackwardInput: 'linear',
  linearBackwardWeight: 'linear',
  conv2dForward: 'conv2d',
  conv2dBackwardInput: 'conv2d',
  conv2dBackwardWeight: 'conv2d',
  maxPool2dForward: 'max_pool2d',
  maxPool2dBackward: 'max_pool2d',
  batchNormForward: 'batch_norm',
  batchNormBackward: 'batch_norm',
  batchNormEvalForward: 'batch_norm',
  batchNormEvalBackward: 'batch_norm',
  softmaxForward: 'log_softmax',
  softmaxBackward: 'log_softmax',
  logSoftmaxForward: 'log_softmax',
  logSoftmaxBackward: 'log_softmax',
  crossEntropyForward: 'cross_entropy',
  crossEntropyBackward: 'cross_entropy',
  sgdStep: 'sgd',
  randomUniform: 'random_uniform',
  randomNormal: 'random_normal',
}

// How many leading arguments of the functions without a problem object say what is computed; the rest are buffers.
const PLAIN: Record<string, number> = { fill: 1, unary: 2, binary: 2, binaryScalar: 2, reluForward: 1, reluBackward: 1 }

function describe(name: string, args: readonly unknown[]): string {
  if (name === 'binaryStrided' || name === 'compareStrided') {
    return printProblem('binary', { ...(args[1] as object), op: args[0] } as never)
  }
  const op = OP[name]
  if (op) return printProblem(op, args[0] as never)
  return args
    .slice(0, PLAIN[name] ?? 0)
    .map((arg) => (typeof arg === 'number' ? `size${arg}` : `op${arg}`))
    .join('')
}

/** The kernels with a line on stderr for each call: function, problem string and microseconds. */
export function traced<K extends object>(kernels: K): K {
  const result: Record<string, unknown> = {}
  for (const [name, kernel] of Object.entries(kernels)) {
    result[name] = (...args: unknown[]): unknown => {
      const start = performance.now()
      const value = (kernel as (...args: unknown[]) => unknown)(...args)
      const microseconds = ((performance.now() - start) * 1000).toFixed(1)
      process.stderr.write(`strided ${name} ${describe(name, args)} ${microseconds} us\n`)
      return value
    }
  }
  return result as K
}
