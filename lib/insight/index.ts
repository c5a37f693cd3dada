// A second pair of eyes on a model: what it costs, what it sees, what is wrong with it.
export { type FoldedNorm, type FuseOptions, type FuseResult, fuse, type KeptNorm } from './fuse.ts'
export {
  type HealthFlag,
  type HealthMonitor,
  type HealthOptions,
  type HealthReport,
  health,
  type LayerHealth,
} from './health/index.ts'
export { Finding, type LintOptions, lint, lintRules, type Severity } from './lint/index.ts'
export type { InputShape } from './meta_pass.ts'
export {
  type LayerReceptiveField,
  type ReceptiveField,
  type ReceptiveFieldReport,
  receptiveField,
} from './receptive_field.ts'
export { type ModelSummary, type SummaryOptions, type SummaryRow, type SummaryTotals, summary } from './summary.ts'
