import { inspect } from 'node:util'
import type { Module } from '../nn/module.ts'
import type { Parameter } from '../nn/parameter.ts'
import { itemSize } from '../tensor/dtype.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkInteger, checkOptions } from '../util/check.ts'
import type { Shape } from '../util/shape.ts'
import { macsOf } from './costs.ts'
import { receptiveFields } from './fields.ts'
import { checkMaterialized, type InputShape, inputShapes } from './meta_pass.ts'
import { asReceptiveField, type ReceptiveField } from './receptive_field.ts'
import { formatSummary } from './summary_table.ts'
import { type Call, type Trace, traceOrThrow } from './trace.ts'
import { measureTrainingStep } from './training_step.ts'

/** One run of a module in a forward pass. */
export interface SummaryRow {
  /** Name in the model, '' for the model itself. */
  readonly path: string
  /** Class of the module. */
  readonly type: string
  /** How many modules it runs inside of. */
  readonly depth: number
  /** Shapes of its inputs; none when the module did not run. */
  readonly inputShapes: readonly Shape[]
  /** Shapes of its outputs; none when the module did not run. */
  readonly outputShapes: readonly Shape[]
  /** Numbers in the module's own parameters, without those of modules inside and those counted in a row above. */
  readonly parameters: number
  /** How many of these are trained. */
  readonly trainable: number
  /** Whether a row above is about the same module. */
  readonly repeated: boolean
  /** Multiply-accumulates of its own ops. */
  readonly macs: number
  /** Bytes of its outputs, 0 where they are the inputs or views of them. */
  readonly activationBytes: number
  /** What its output sees of the model's input, null without spatial dimensions. */
  readonly receptiveField: ReceptiveField | null
}

/** Sums over a model. */
export interface SummaryTotals {
  /** Numbers in all parameters, shared ones counted once. */
  readonly parameters: number
  /** How many of these are trained. */
  readonly trainable: number
  /** Multiply-accumulates of a forward pass. */
  readonly forwardMacs: number
  /** Those of a backward pass; null where the model cannot train on this input. */
  readonly backwardMacs: number | null
  /** Bytes of the outputs of all innermost modules. */
  readonly activationBytes: number
  /** Bytes of parameters and buffers. */
  readonly parameterBytes: number
  /** Bytes of what the optimizer keeps, as the options say. */
  readonly optimizerBytes: number
  /**
   * Most bytes that a training step needs at the same time: parameters, buffers, optimizer state, input, activations that
   * backward reads, and gradients. What kernels need beside their arguments comes on top. Null as `backwardMacs`.
   */
  readonly peakTrainingBytes: number | null
}

/** What {@link summary} cannot see in the model but counts among the memory of training. */
export interface SummaryOptions {
  /** Numbers that the optimizer keeps for each parameter, 0 by default: SGD with momentum 1, Adam 2. */
  optimizerStates?: number
}

/** What {@link summary} returns; `String(…)` makes a table. */
export class ModelSummary {
  /** In the order the modules run; behind them those that hold parameters but did not run. */
  readonly rows: readonly SummaryRow[]
  /** Sums over all rows, shared parameters counted once. */
  readonly totals: SummaryTotals
  /** Why the model cannot train on this input, null where it can. */
  readonly trainingError: string | null

  constructor(rows: readonly SummaryRow[], totals: SummaryTotals, trainingError: string | null) {
    this.rows = rows
    this.totals = totals
    this.trainingError = trainingError
  }

  /** The same as a table. */
  toString(): string {
    return formatSummary(this)
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

const count = (parameters: readonly Parameter[]): number => parameters.reduce((sum, { size }) => sum + size, 0)
const bytes = (tensors: readonly Tensor[]): number =>
  tensors.reduce((sum, { size, dtype }) => sum + size * itemSize(dtype), 0)
const trained = (parameters: readonly Parameter[]): Parameter[] => parameters.filter(({ requiresGrad }) => requiresGrad)

/** Takes a module's own parameters that no row above has. */
function takeParameters(module: Module, seen: Set<Parameter>): Parameter[] {
  const own = module.ownParameters().flatMap(([, parameter]) => (seen.has(parameter) ? [] : [parameter]))
  for (const parameter of own) seen.add(parameter)
  return [...new Set(own)]
}

function depthOf(call: Call): number {
  return call.parent === null ? 0 : depthOf(call.parent) + 1
}

function rowsOf(model: Module, trace: Trace, inputShape: Shape): SummaryRow[] {
  const fieldOf = receptiveFields(trace, inputShape)
  const seen = new Set<Parameter>()
  const visited = new Set<Module>()
  const rows = trace.calls.map((call): SummaryRow => {
    const { path, module, inputs, outputs, kernels, outputBytes } = call
    const parameters = takeParameters(module, seen)
    const repeated = visited.has(module)
    visited.add(module)
    return {
      path,
      type: module.constructor.name,
      depth: depthOf(call),
      inputShapes: inputs.map(({ shape }) => shape),
      outputShapes: outputs.map(({ shape }) => shape),
      parameters: count(parameters),
      trainable: count(trained(parameters)),
      repeated,
      macs: kernels.reduce((sum, { name, args }) => sum + macsOf(name, args), 0),
      activationBytes: outputBytes,
      receptiveField: outputs.length === 0 ? null : asReceptiveField(fieldOf(outputs[0].step)),
    }
  })
  return [...rows, ...idleRows(model, visited, seen)]
}

/** Modules that did not run but hold parameters, such as the list around blocks that are called one by one. */
function idleRows(model: Module, visited: Set<Module>, seen: Set<Parameter>): SummaryRow[] {
  return [...model.namedModules()].flatMap(([path, module]) => {
    const parameters = visited.has(module) ? [] : takeParameters(module, seen)
    if (parameters.length === 0) return []
    const shapes = { inputShapes: [], outputShapes: [] }
    const costs = { macs: 0, activationBytes: 0, receptiveField: null }
    const numbers = { parameters: count(parameters), trainable: count(trained(parameters)) }
    return [{ path, type: module.constructor.name, depth: 1, repeated: false, ...shapes, ...numbers, ...costs }]
  })
}

/**
 * What a model is made of and what it costs: for every module, in the order they run, the shape of its output, parameters,
 * multiply-accumulates, activation memory and receptive field; in total also the backward pass and the peak memory of a
 * training step.
 *
 * The forward pass is followed on shapes alone, in evaluation mode, through any module: nothing is computed, and
 * parameters, buffers, gradients and the random generator stay as they are.
 *
 * ```ts
 * const { totals } = summary(new nn.Conv2d(3, 10, 5, { padding: 2 }), [1, 3, 32, 32])
 * totals.parameters // 760
 * totals.forwardMacs // 768000
 * ```
 *
 * @param inputShape shape of the input, the batch included; a list of shapes for several inputs
 * @throws {ShapeError} when the input does not fit the model; the message says where.
 * @throws {StateError} when a lazy module has seen no input yet, or the forward looks at values.
 */
export function summary(model: Module, inputShape: InputShape, options: SummaryOptions = {}): ModelSummary {
  const op = 'summary'
  checkOptions(op, options, ['optimizerStates'])
  const states = checkInteger(op, 'optimizerStates', options.optimizerStates ?? 0, 0)
  const shapes = inputShapes(op, inputShape)
  checkMaterialized(op, model)
  const rows = rowsOf(model, traceOrThrow(model, shapes, { op, training: false }), shapes[0])
  const step = measureTrainingStep(model, shapes)
  const parameters = [...model.parameters()]
  const parameterBytes = bytes([...parameters, ...model.buffers()])
  const optimizerBytes = states * bytes(trained(parameters))
  const leaves = rows.filter((row, i) => (rows[i + 1]?.depth ?? 0) <= row.depth)
  const totals: SummaryTotals = {
    parameters: count(parameters),
    trainable: count(trained(parameters)),
    forwardMacs: rows.reduce((sum, { macs }) => sum + macs, 0),
    backwardMacs: typeof step === 'string' ? null : step.backwardMacs,
    activationBytes: leaves.reduce((sum, { activationBytes }) => sum + activationBytes, 0),
    parameterBytes,
    optimizerBytes,
    peakTrainingBytes: typeof step === 'string' ? null : parameterBytes + optimizerBytes + step.peakBytes,
  }
  return new ModelSummary(rows, totals, typeof step === 'string' ? step : null)
}
