import { expect } from 'vitest'
import { functional as F, nn, noGrad, optim, type Tensor } from '../../lib/index.ts'
import {
  expectClose,
  floats,
  type GoldenTensor,
  integers,
  readManifest,
  readTensors,
  type Tolerance,
} from './golden.ts'
import { toTensor } from './golden_op.ts'

interface Layer {
  type: string
  name?: string
  body?: Layer[]
  shortcut?: Layer[]
  [argument: string]: unknown
}

interface Group {
  params: string[]
  weight_decay: number
}

/** A model trained for a few steps by PyTorch. */
export interface Trajectory {
  name: string
  file: string
  arch: Layer[]
  optimizer: Record<string, unknown> & { name: string; param_groups?: Group[] }
  lr_scheduler: { scheduler: string; T_max: number; eta_min: number } | null
  clip_grad_norm: number | null
  steps: number
  batches: number[]
  init: Record<string, string>
  final: Record<string, string>
  early_state: { after_steps: number; tensors: Record<string, string> }
  first_step_grads: Record<string, string>
  tolerance: Record<'loss' | 'final' | 'early_state' | 'first_step_grads' | 'eval_output', Tolerance> & {
    loss: { atol_per_step: number[] }
  }
}

type Pair = [number, number]

/** A module that only holds others under their names. */
class Container extends nn.Module {
  override forward(input: Tensor): Tensor {
    return input
  }
}

/** Makes the module of one layer. */
function moduleOf(layer: Layer): nn.Module {
  switch (layer.type) {
    case 'Linear':
      return new nn.Linear(layer.in_features as number, layer.out_features as number, { bias: layer.bias as boolean })
    case 'Conv2d':
      return new nn.Conv2d(layer.in_channels as number, layer.out_channels as number, layer.kernel_size as Pair, {
        stride: layer.stride as Pair,
        padding: layer.padding as Pair,
        dilation: layer.dilation as Pair,
        groups: layer.groups as number,
        bias: layer.bias as boolean,
      })
    case 'BatchNorm1d':
    case 'BatchNorm2d':
      return new nn[layer.type](layer.num_features as number, {
        eps: layer.eps as number,
        momentum: layer.momentum as number,
      })
    case 'ReLU':
      return new nn.ReLU()
    case 'MaxPool2d':
      return new nn.MaxPool2d(layer.kernel_size as Pair, { stride: layer.stride as Pair })
    case 'AdaptiveAvgPool2d':
      return new nn.AdaptiveAvgPool2d(layer.output_size as Pair)
    case 'Flatten':
      return new nn.Flatten({ startDim: layer.start_dim as number })
    default:
      throw new Error(`no module for a layer of type ${layer.type}`)
  }
}

/** The network that `arch` describes, with every module under its name in the state dict. */
class Network extends nn.Module {
  readonly #run: (input: Tensor) => Tensor

  constructor(arch: Layer[]) {
    super()
    this.#run = this.#chain(arch)
  }

  #chain(layers: Layer[]): (input: Tensor) => Tensor {
    const steps = layers.map((layer) => {
      if (layer.type === 'Residual') {
        const body = this.#chain(layer.body!)
        const shortcut = this.#chain(layer.shortcut!)
        return (input: Tensor): Tensor => body(input).add(shortcut(input))
      }
      const module = moduleOf(layer)
      if (layer.name) this.#place(layer.name.split('.'), module)
      return (input: Tensor): Tensor => module.forward(input) as Tensor
    })
    return (input) => steps.reduce((value, step) => step(value), input)
  }

  #place(path: string[], module: nn.Module): void {
    let holder = this as unknown as Record<string, nn.Module>
    for (const name of path.slice(0, -1)) {
      holder[name] ??= new Container()
      holder = holder[name] as unknown as Record<string, nn.Module>
    }
    holder[path.at(-1)!] = module
  }

  override forward(input: Tensor): Tensor {
    return this.#run(input)
  }
}

/** PyTorch's hyper-parameters under our names. */
function hyperParameters({ optimizer }: Trajectory): Record<string, unknown> {
  const { name, param_groups, weight_decay, amsgrad, ...rest } = optimizer
  expect(amsgrad ?? false).toBe(false)
  return { ...rest, weightDecay: weight_decay }
}

function optimizerFor(trajectory: Trajectory, network: Network): optim.Optimizer {
  const parameters = new Map(network.namedParameters())
  const groups = trajectory.optimizer.param_groups?.map((group) => ({
    params: group.params.map((name) => parameters.get(name)!),
    weightDecay: group.weight_decay,
  }))
  const Optimizer = { SGD: optim.SGD, AdamW: optim.AdamW }[trajectory.optimizer.name as 'SGD' | 'AdamW']
  return new Optimizer((groups ?? [...parameters.values()]) as never, hyperParameters(trajectory) as never)
}

/** Expects every entry of a state dict or of gradients by name. */
function expectState(
  got: Record<string, Tensor>,
  want: Record<string, string>,
  tensors: Record<string, GoldenTensor>,
  tolerance: Tolerance,
  what: string,
): void {
  expect(Object.keys(got).sort(), what).toEqual(Object.keys(want).sort())
  for (const [name, key] of Object.entries(want)) {
    const values = got[name].toTypedArray()
    expect(got[name].shape, `${what}: shape of ${name}`).toEqual(tensors[key].shape)
    if (!(values instanceof Float32Array))
      expect(Array.from<number | bigint, number>(values, Number)).toEqual(integers(tensors[key]))
    else expectClose(values, floats(tensors[key])!, tolerance.tensors?.[name] ?? tolerance, `${what}: ${name}`)
  }
}

/** The slice of a golden tensor whose leading axis counts batches. */
function batchOf({ shape, data }: GoldenTensor, batch: number): Tensor {
  const size = data.length / shape[0]
  const part = data.slice(batch * size, (batch + 1) * size) as Float32Array
  return toTensor({ shape: shape.slice(1), data: part })
}

/** The training runs under test/golden/vectors. */
export function trajectories(): Trajectory[] {
  return (readManifest('trajectories/manifest.json') as { trajectories: Trajectory[] }).trajectories
}

/**
 * Trains the model of a trajectory and expects each loss and rate, the first gradients, the early and the final state
 * and the output of the trained model to be PyTorch's.
 *
 * @returns every loss, then the values of the final state
 */
export function follow(trajectory: Trajectory): number[] {
  const tensors = readTensors(`trajectories/${trajectory.file}`)
  const { tolerance } = trajectory
  const network = new Network(trajectory.arch)
  const init = Object.entries(trajectory.init).map(([name, key]) => [name, toTensor(tensors[key])])
  network.loadStateDict(Object.fromEntries(init))
  const optimizer = optimizerFor(trajectory, network)
  const schedule = trajectory.lr_scheduler
  const options = { etaMin: schedule?.eta_min ?? 0 }
  const scheduler = schedule === null ? null : new optim.CosineAnnealingLR(optimizer, schedule.T_max, options)
  const losses = floats(tensors.loss)!
  const rates = floats(tensors.lr)!

  const results: number[] = []

  network.train()
  for (let step = 0; step < trajectory.steps; step++) {
    const batch = trajectory.batches[step]
    optimizer.zeroGrad()
    const loss = F.crossEntropy(network.forward(batchOf(tensors.x, batch)), batchOf(tensors.target, batch))
    loss.backward()
    results.push(loss.item() as number)
    const atol = tolerance.loss.atol_per_step[step]
    expectClose([results[step]], [losses[step]], { rtol: 1e-4, atol }, `loss of step ${step}`)
    if (step === 0) {
      const grads = [...network.namedParameters()].map(([name, parameter]) => [name, parameter.grad!])
      expectState(
        Object.fromEntries(grads),
        trajectory.first_step_grads,
        tensors,
        tolerance.first_step_grads,
        'gradient of step 0',
      )
    }
    const rate = optimizer.paramGroups[0].lr as number
    expectClose([rate], [rates[step]], { rtol: 1e-6, atol: 1e-9 }, `rate of step ${step}`)
    optimizer.step()
    scheduler?.step()
    if (step + 1 === trajectory.early_state.after_steps) {
      const { early_state } = trajectory
      expectState(network.stateDict(), early_state.tensors, tensors, tolerance.early_state, `after step ${step}`)
    }
  }
  expectState(network.stateDict(), trajectory.final, tensors, tolerance.final, 'final state')

  network.eval()
  const output = noGrad(() => network.forward(batchOf(tensors.x, 0)))
  expectClose(
    output.toTypedArray() as Float32Array,
    floats(tensors.eval_output)!,
    tolerance.eval_output,
    'output of the trained network',
  )
  for (const tensor of Object.values(network.stateDict())) results.push(...Array.from(tensor.toTypedArray(), Number))
  return results
}
