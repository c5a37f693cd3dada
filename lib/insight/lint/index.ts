import { inspect } from 'node:util'
import { lintException } from '../../nn/lint_exceptions.ts'
import type { Module } from '../../nn/module.ts'
import type { Optimizer } from '../../optim/optimizer.ts'
import { checkInteger, checkOptions, describe } from '../../util/check.ts'
import { RangeError } from '../../util/errors.ts'
import type { Shape } from '../../util/shape.ts'
import { checkMaterialized, type InputShape, inputShapes } from '../meta_pass.ts'
import { type Trace, TraceError, traceForward } from '../trace.ts'
import { Context } from './context.ts'
import { dropoutRules } from './dropout_rules.ts'
import { layerRules } from './layer_rules.ts'
import { moduleRules } from './module_rules.ts'
import { normRules } from './norm_rules.ts'
import { optimizerRules } from './optimizer_rules.ts'
import type { Breach, Rule, Severity } from './rule.ts'
import { shapeRules } from './shape_rules.ts'

export type { Severity } from './rule.ts'

const RULES: readonly Rule[] = [
  ...layerRules,
  ...shapeRules,
  ...normRules,
  ...dropoutRules,
  ...moduleRules,
  ...optimizerRules,
]

/** Ids of all rules of {@link lint}. */
export const lintRules: readonly string[] = RULES.map(({ id }) => id)

/** Something about a model that is probably not meant. */
export class Finding {
  /** Stable id of the rule. */
  readonly rule: string
  readonly severity: Severity
  /** Path of the module or name of the parameter; '' for the model itself. */
  readonly path: string
  /** What was found. */
  readonly why: string
  /** What to do. */
  readonly cure: string
  /** The paper or page that says so. */
  readonly source: string

  constructor({ id, severity, cure, source }: Rule, { path, why }: Breach) {
    this.rule = id
    this.severity = severity
    this.path = path
    this.why = why
    this.cure = cure
    this.source = source
  }

  toString(): string {
    const place = this.path === '' ? 'the model' : this.path
    return `${this.severity} ${this.rule} at ${place}: ${this.why} ${this.cure} (${this.source})`
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

/** What {@link lint} is told of the training that a model is meant for. */
export interface LintOptions {
  /** Shape of an input, the batch included, or one for each of several inputs. */
  inputShape: InputShape
  /** The optimizer that is to train the model; without it, rules about it are silent. */
  optimizer?: Optimizer
  /** Images in a training batch; without it, rules about it are silent. */
  batchSize?: number
  /** Ids of rules to leave out, see {@link lintRules}; none by default. {@link RangeError} for one that there is not. */
  silence?: readonly string[]
}

/** A forward pass in training mode, as far as it goes. A single image becomes two where batch norm wants several. */
function follow(model: Module, shapes: readonly Shape[]): { trace: Trace; failure: TraceError | null } {
  const attempt = (given: readonly Shape[]): { trace: Trace; failure: TraceError | null } => {
    try {
      return { trace: traceForward(model, given, { training: true }), failure: null }
    } catch (error) {
      if (!(error instanceof TraceError)) throw error
      return { trace: error.trace, failure: error }
    }
  }
  const first = attempt(shapes)
  if (first.failure === null || shapes.some(([batch]) => batch !== 1)) return first
  const second = attempt(shapes.map((shape) => shape.with(0, 2)))
  return second.failure === null ? second : first
}

/** Whether a module at or around a path was declared an exception. */
function isExcepted(modules: ReadonlyMap<string, Module>, path: string, rule: string): boolean {
  const parts = path === '' ? [] : path.split('.')
  return [...parts.keys(), parts.length].some((length) => {
    const module = modules.get(parts.slice(0, length).join('.'))
    return module !== undefined && lintException(module, rule) !== undefined
  })
}

function checkSilence(silence: readonly string[]): Set<string> {
  for (const id of silence) {
    if (lintRules.includes(id)) continue
    throw new RangeError(`lint: expected rules to silence among ${lintRules.join(', ')}, got ${describe(id)}`)
  }
  return new Set(silence)
}

/**
 * Looks for what is probably not meant: in the order of a model's layers, their sizes, its modes and its optimizer. A
 * forward pass is followed on shapes alone, so modules of one's own are looked into as well; the model is not changed.
 *
 * Rules are left out by `silence`, or for single modules by `nn.silenceLint(module, rule, why)`.
 *
 * ```ts
 * lint(model, { inputShape: [32, 3, 32, 32], optimizer, batchSize: 32 }).map(String)
 * ```
 *
 * @returns what was found, each with its rule, severity, place, one sentence why, one what to do, and a source; a forward
 *   pass that fails is a finding too
 * @throws {RangeError} for a rule that does not exist.
 * @throws {StateError} when a lazy module has seen no input yet.
 */
export function lint(model: Module, options: LintOptions): Finding[] {
  checkOptions('lint', options, ['inputShape', 'optimizer', 'batchSize', 'silence'])
  const { optimizer = null, batchSize, silence = [] } = options
  if (batchSize !== undefined) checkInteger('lint', 'batchSize', batchSize, 1)
  const silenced = checkSilence(silence)
  const shapes = inputShapes('lint', options.inputShape)
  checkMaterialized('lint', model)
  const modules = new Map(model.namedModules())
  const modes = new Map(Array.from(modules.values(), (module) => [module, module.training]))
  const { trace, failure } = follow(model, shapes)
  const context = new Context(
    model,
    { inputShape: shapes[0], optimizer, batchSize: batchSize ?? null },
    modes,
    trace,
    failure,
  )
  return RULES.filter(({ id }) => !silenced.has(id)).flatMap((rule) =>
    [...rule.check(context)]
      .filter(({ path }) => !isExcepted(modules, path, rule.id))
      .map((breach) => new Finding(rule, breach)),
  )
}
