import { describe, expect, it } from 'vitest'
import { StridedError } from '../../lib/index.ts'
import { createReferenceBackend } from '../../lib/kernels/reference_backend.ts'
import { checkProgram } from './check_program.ts'
import { parseProgram, printProgram } from './program.ts'
import { runProgram } from './run_program.ts'

const L = (shape: number[], more: object = {}) => ({ shape, seed: 1, ...more })
const image = L([1, 2, 4, 4])

/** What fuzzing found: programs that ended in an error of the language or of the addon, and what they are told now. */
const refused: [program: { leaves: object[]; steps: unknown[][] }, message: string][] = [
  [
    { leaves: [L([0])], steps: [['.expand', '$0', ['#symbol']]] },
    'expand: expected a shape that the input broadcasts to, got [Symbol(fuzz)]; input [0]',
  ],
  [{ leaves: [L([1])], steps: [['.slice', '$0', 0, '#bigint']] }, 'slice: expected start to be an integer, got 3n'],
  [
    { leaves: [image], steps: [['conv2d', '#undefined', '$0']] },
    'conv2d: expected input to be a tensor, got undefined',
  ],
  [{ leaves: [L([1])], steps: [['log', null]] }, 'log: expected input to be a tensor, got null'],
  [{ leaves: [image], steps: [['channelShuffle', 0, 1]] }, 'channelShuffle: expected input to be a tensor, got 0'],
  [{ leaves: [image], steps: [['globalAvgPool', 0]] }, 'globalAvgPool: expected input to be a tensor, got 0'],
  [{ leaves: [image], steps: [['pad', '#undefined', []]] }, 'pad: expected input to be a tensor, got undefined'],
  [{ leaves: [image], steps: [['dropout2d', null]] }, 'dropout2d: expected input to be a tensor, got null'],
  [{ leaves: [L([2, 2])], steps: [['mm', '$0', 0]] }, 'mm: expected other to be a tensor, got 0'],
  [{ leaves: [L([2])], steps: [['.equal', '$0', 2]] }, 'equal: expected other to be a tensor, got 2'],
  [{ leaves: [L([2])], steps: [['.allclose', '$0', 2]] }, 'allclose: expected other to be a tensor, got 2'],
  [{ leaves: [L([2])], steps: [['.indexSelect', '$0', 0, 0]] }, 'indexSelect: expected indices to be a tensor, got 0'],
  [{ leaves: [L([2])], steps: [['cat', null, 0]] }, 'cat: expected a list of tensors, got null'],
  [{ leaves: [L([2])], steps: [['cat', [3], 0]] }, 'cat: expected tensors[0] to be a tensor, got 3'],
  [
    { leaves: [L([2, 2])], steps: [['crossEntropy', '$0', null]] },
    'crossEntropy: expected target to be a tensor, got null',
  ],
  [
    { leaves: [image], steps: [['maxUnpool2d', '$0', '#undefined', 2]] },
    'maxUnpool2d: expected indices to be a tensor, got undefined',
  ],
  [{ leaves: [L([2])], steps: [['.permute', '$0', null]] }, 'permute: expected a list of dimensions, got null'],
  [{ leaves: [L([2])], steps: [['.reshape', '$0', 0]] }, 'reshape: expected a shape such as [2, 3], got 0'],
  [
    { leaves: [L([1])], steps: [['.reshape', '$0', ['#bigint']]] },
    'reshape: expected a shape of non-negative integers, got [3n]',
  ],
  [
    { leaves: [L([1])], steps: [['.expand', '$0', '#undefined']] },
    'expand: expected a shape such as [2, 3], got undefined',
  ],
  [
    { leaves: [L([1])], steps: [['.split', '$0', '#undefined', 0]] },
    'split: expected a shape such as [2, 3], got undefined',
  ],
  [
    { leaves: [L([1])], steps: [['.max', '$0', '#symbol']] },
    'max: expected a dimension from -1 to 0, got Symbol(fuzz)',
  ],
  [
    { leaves: [L([1])], steps: [['.sum', '$0', {}]] },
    'sum: expected a dimension from -1 to 0, got an object of class Object',
  ],
  [{ leaves: [L([1])], steps: [['.fill_', '$0', '#symbol']] }, 'fill_: expected a number, got Symbol(fuzz)'],
  [
    {
      leaves: [L([1, 1]), L([1], { dtype: 'int64', fill: 1 })],
      steps: [['crossEntropy', '$0', '$1', { ignoreIndex: '#bigint' }]],
    },
    'crossEntropy: expected ignoreIndex to be a 32-bit integer, got 3n',
  ],
  [{ leaves: [L([1])], steps: [['clamp', '$0', null, 0.5]] }, 'clamp: expected bounds to be numbers, got null'],
  [
    { leaves: [image], steps: [['maxPool2d', '$0', 1, { returnIndices: 3 }]] },
    'maxPool2d: expected returnIndices to be true or false, got 3',
  ],
  [
    { leaves: [image], steps: [['maxPool2d', '$0', 1, { stride: 2 ** 34 }]] },
    'maxPool2d: expected stride to be at most 2^29, got 17179869184',
  ],
  [
    { leaves: [L([1]), L([1])], steps: [['optim.SGD', ['$0'], ['$1'], { lr: 0.1, maximize: 'mean' }]] },
    'SGD: expected maximize to be true or false, got "mean"',
  ],
  [
    { leaves: [image, L([2])], steps: [['batchNorm', '$0', '$1', null, { training: true }]] },
    'batchNorm: expected runningMean and runningVar both, or null for both, got one',
  ],
  [
    { leaves: [], steps: [['arange', 2, -(2 ** 33)]] },
    'arange: expected a step that leads from 2 to -8589934592, got 1',
  ],
  [
    { leaves: [], steps: [['arange', 2, -(2 ** 33), { step: -1 }]] },
    'tensor: expected at most 8 GiB of elements, got int64 [8589934594]',
  ],
  [
    { leaves: [], steps: [['eye', 2 ** 20]] },
    'tensor: expected at most 8 GiB of elements, got float32 [1048576, 1048576]',
  ],
  [
    { leaves: [L([1])], steps: [['pad', '$0', [0, 2 ** 34]]] },
    'tensor: expected at most 8 GiB of elements, got float32 [17179869185]',
  ],
]

/** Programs that went wrong and are right now. */
const agreed: Record<string, { leaves: object[]; steps: unknown[][]; backward?: boolean }> = {
  'batch norm over an empty batch outside training, differentiated': {
    leaves: [L([0, 3]), L([3], { grad: true }), L([3], { grad: true }), L([3]), L([3], { fill: 'positive' })],
    steps: [['batchNorm', '$0', '$3', '$4', { weight: '$1', bias: '$2' }]],
    backward: true,
  },
  'a part of no elements at the end of its memory': {
    leaves: [L([2, 0, 1], { grad: true })],
    steps: [['.chunk', '$0', 2, 0]],
    backward: true,
  },
  'nothing joined with nothing': { leaves: [L([0, 1]), L([0, 0])], steps: [['cat', ['$0', '$1'], 1]] },
  'a window far wider than all channels': {
    leaves: [L([2, 5, 3], { grad: true })],
    steps: [['localResponseNorm', '$0', 2 ** 34]],
    backward: true,
  },
  'a power with more bits than memory has': {
    leaves: [L([4], { dtype: 'int32', fill: 9 })],
    steps: [['pow', '$0', 2 ** 40]],
  },
}

describe('what fuzzing found', () => {
  const reference = createReferenceBackend()
  for (const [program, message] of refused) {
    it(message, () => {
      const text = printProgram(program as never)
      expect(checkProgram(parseProgram(text))).toBe('refused')
      const { error } = runProgram(parseProgram(text), reference)
      expect(error).toBeInstanceOf(StridedError)
      expect(error?.message).toBe(message)
    })
  }
  for (const [name, program] of Object.entries(agreed)) {
    it(name, () => expect(checkProgram(parseProgram(printProgram(program as never)))).toBe('done'))
  }
})
