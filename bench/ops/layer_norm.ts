import type { LayerNormProblem } from '../../lib/reference/layer_norm.ts'
import { layerNorm as layerCases } from '../../test/cases/layer_norm.ts'
import { rmsNorm as rmsCases } from '../../test/cases/rms_norm.ts'
import { SEED } from '../fill.ts'
import { type BufferSpec, call, type KernelCase, kernelCase, type OpBench, source, target } from './kernel_case.ts'

function forwardBuffers({ rows, size }: LayerNormProblem): Record<string, BufferSpec> {
  return {
    input: source(rows * size, SEED.input),
    weight: source(size, SEED.weight),
    bias: source(size, SEED.bias),
    savedMean: target(rows),
    savedRstd: target(rows),
    output: target(rows * size),
  }
}

/** Forward and backward of layer normalization, or of root mean square normalization, which has no mean and no bias. */
function passesOf(op: 'layerNorm' | 'rmsNorm') {
  const statistics = op === 'layerNorm' ? ['savedMean', 'savedRstd'] : ['savedRstd']
  const affine = op === 'layerNorm' ? ['weight', 'bias'] : ['weight']
  const grads = op === 'layerNorm' ? ['gradWeight', 'gradBias'] : ['gradWeight']
  const forward = (problem: LayerNormProblem) =>
    call(`${op}Forward`, problem, 'input', ...affine, ...statistics, 'output')
  return {
    forward: (problem: LayerNormProblem): KernelCase => kernelCase(forwardBuffers(problem), forward(problem), 'output'),
    backwardInput: (problem: LayerNormProblem): KernelCase => {
      const { rows, size } = problem
      const buffers = {
        ...forwardBuffers(problem),
        gradOutput: source(rows * size, SEED.gradOutput),
        gradInput: target(rows * size),
        gradWeight: target(size),
        gradBias: target(size),
      }
      const read = ['input', 'gradOutput', ...statistics, 'weight']
      const backward = call(`${op}Backward`, problem, ...read, 'gradInput', ...grads)
      return kernelCase(buffers, backward, 'gradInput', { prepare: [forward(problem)] })
    },
  }
}

export const layerNorm: OpBench<'layer_norm'> = {
  ...{ set: layerCases, compute: false, images: false },
  passes: passesOf('layerNorm'),
}

export const rmsNorm: OpBench<'rms_norm'> = {
  ...{ set: rmsCases, compute: false, images: false },
  passes: passesOf('rmsNorm'),
}
