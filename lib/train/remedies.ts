import { type Finding, lint } from '../insight/index.ts'
import { Linear } from '../nn/linear.ts'
import type { Module } from '../nn/module.ts'
import { StridedError } from '../util/errors.ts'
import type { Judgement } from './judge.ts'
import type { Settings } from './options.ts'
import type { Run } from './run.ts'

/** What remedies are chosen by. */
interface Patient {
  judgement: Judgement
  run: Run
  settings: Settings
  modules: [path: string, module: Module][]
  findings: Finding[]
}

/** Share of the parameters in one linear layer above which it is too wide. */
const WIDE = 0.5

/** Advice of one kind, null where it does not apply. */
type Remedy = (patient: Patient) => string | null

const named = (modules: Patient['modules'], pattern: RegExp): Patient['modules'] =>
  modules.filter(([, module]) => pattern.test(module.constructor.name))

/** What lint says under one of the rules. */
function found({ findings }: Patient, ...rules: string[]): string | null {
  const finding = findings.find(({ rule }) => rules.includes(rule))
  return finding === undefined
    ? null
    : `${finding.path === '' ? '' : `At ${finding.path}: `}${finding.why} ${finding.cure}`
}

const batchNorm: Remedy = (patient) => {
  const convolutions = named(patient.modules, /^(Lazy)?Conv\d/).length
  const layers = convolutions || named(patient.modules, /Linear$/).length - 1
  if (named(patient.modules, /Norm|BatchRenorm/).length > 0)
    return found(patient, 'norm-after-activation', 'small-batch-norm')
  if (layers < 1) return null
  const where = convolutions > 0 ? `its ${convolutions} convolutions` : 'its hidden layers'
  return `Batch normalization: none of ${where} is followed by any. Each batch's own mean and deviation are noise that regularises.`
}

const narrower: Remedy = (patient) => {
  const finding = found(patient, 'dominant-linear')
  if (finding !== null) return `Narrower fully connected layers. ${finding}`
  const total = patient.run.model.parameters
  const widest = patient.modules
    .flatMap(([path, module]) => (module instanceof Linear ? [{ path, module, size: module.weight.size }] : []))
    .sort((a, b) => b.size - a.size)[0]
  if (widest === undefined || widest.size < WIDE * total) return null
  const share = Math.round((100 * widest.size) / total)
  return `Narrower fully connected layers: ${widest.path || 'the model'} (${widest.module.weight.shape[1]} to ${widest.module.weight.shape[0]}) holds ${share} % of all parameters.`
}

const dropout: Remedy = (patient) => {
  const finding = found(patient, 'dropout-early', 'dropout-elementwise', 'dropout-rate')
  if (finding !== null) return `Selective dropout. ${finding}`
  const linear = named(patient.modules, /Linear$/)
  if (named(patient.modules, /Dropout/).length > 0 || linear.length === 0) return null
  return `Selective dropout: a Dropout of 0.2 to 0.5 in front of ${linear.at(-1)?.[0] || 'the last layer'}, none before the convolutions.`
}

const augmentation: Remedy = ({ settings, run }) => {
  const source = settings.train as { dataset?: { transform?: unknown }; transform?: unknown }
  if (run.inputShape?.length !== 4 || source.dataset?.transform != null || source.transform != null) return null
  return 'Augmentation: random crops with padding, and flips where a mirrored image keeps its class, show every image anew each epoch.'
}

const earlyStopping: Remedy = ({ settings, run, judgement }) => {
  const best = run.best?.epoch ?? (judgement.since as number) - 1
  if (settings.earlyStopping === null) {
    return `Early stopping: earlyStopping: { patience: 3 } would have kept the weights of epoch ${best}.`
  }
  if (settings.earlyStopping.restoreBest) return null
  return `Early stopping with restoreBest: true, which would have kept the weights of epoch ${best}.`
}

const longer: Remedy = ({ judgement, run }) =>
  judgement.improving ? `More epochs than ${run.history.length}: the training loss is still falling.` : null

const faults: Remedy = ({ findings }) => {
  const worst =
    findings.find(({ severity }) => severity === 'error') ?? findings.find(({ severity }) => severity === 'warning')
  return worst === undefined
    ? null
    : `Mend what lint finds first: ${worst.path === '' ? '' : `at ${worst.path}, `}${worst.why} ${worst.cure}`
}

const lessRegularised: Remedy = ({ modules, settings }) => {
  const rates = named(modules, /Dropout/).map(([, module]) => Number((module as { p?: unknown }).p ?? 0))
  const decay = Math.max(
    ...settings.optimizer.paramGroups.map((group) => Number((group as { weightDecay?: number }).weightDecay ?? 0)),
  )
  if (Math.max(0, ...rates) >= 0.3)
    return `Less dropout than ${Math.max(...rates)}: a model that cannot learn its training data needs no holding back.`
  return decay >= 1e-3
    ? `Less weight decay than ${decay}: a model that cannot learn its training data needs no holding back.`
    : null
}

const otherRate: Remedy = ({ judgement, run }) => {
  if (judgement.improving) return null
  return `Another learning rate than ${run.steps.lr[0]}: ten times less if the loss of the steps jumps, up to ten times more if it hardly moves.`
}

const larger: Remedy = ({ run }) =>
  `A larger model: this one has ${run.model.parameters.toLocaleString('en')} parameters.`

const normForDepth: Remedy = (patient) =>
  named(patient.modules, /Norm|BatchRenorm/).length > 0 || named(patient.modules, /^(Lazy)?(Conv\d|Linear)/).length < 4
    ? null
    : 'Batch normalization behind its layers, which lets deeper networks learn at higher rates.'

const ORDERS: Record<Judgement['kind'], readonly Remedy[]> = {
  overfits: [batchNorm, narrower, dropout, augmentation, earlyStopping],
  underfits: [faults, longer, otherRate, normForDepth, lessRegularised, larger],
  fits: [longer],
  unknown: [],
}

function findingsOn(run: Run, model: Module, { optimizer }: Settings): Finding[] {
  if (run.inputShape === null) return []
  try {
    return lint(model.train(), { inputShape: run.inputShape, optimizer, batchSize: run.inputShape[0] })
  } catch (error) {
    // A model that cannot be followed on shapes alone is judged without.
    if (error instanceof StridedError) return []
    throw error
  }
}

/** What should help against a model's disease, in the order of effect over cost, as far as it applies to the model and the run. */
export function remediesFor(judgement: Judgement, run: Run, model: Module, settings: Settings): string[] {
  const findings = findingsOn(run, model, settings)
  const patient: Patient = { judgement, run, settings, modules: [...model.namedModules()], findings }
  return ORDERS[judgement.kind].flatMap((remedy) => remedy(patient) ?? [])
}
