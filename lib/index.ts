export type { BackwardOptions } from './autograd/backward.ts'
export { enableGrad, isGradEnabled, noGrad } from './autograd/grad_mode.ts'
export type { HookHandle } from './autograd/methods.ts'
export type { GradHook } from './autograd/node.ts'
export * as datasets from './data/datasets/index.ts'
export * as data from './data/index.ts'
export * as transforms from './data/transforms/index.ts'
export * as distributed from './distributed/index.ts'
export {
  convertSyncBatchNorm,
  DistributedDataParallel,
  DistributedSampler,
  SyncBatchNorm,
} from './distributed/index.ts'
export {
  Finding,
  type FoldedNorm,
  type FuseOptions,
  type FuseResult,
  fuse,
  type HealthFlag,
  type HealthMonitor,
  type HealthOptions,
  type HealthReport,
  health,
  type InputShape,
  type KeptNorm,
  type LayerHealth,
  type LayerReceptiveField,
  type LintOptions,
  lint,
  lintRules,
  type ModelSummary,
  type ReceptiveField,
  type ReceptiveFieldReport,
  receptiveField,
  type Severity,
  type SummaryOptions,
  type SummaryRow,
  type SummaryTotals,
  summary,
} from './insight/index.ts'
export { loadCheckpoint, saveCheckpoint } from './io/checkpoint.ts'
export {
  type ExportOnnxOptions,
  exportOnnx,
  type LoadNpzOptions,
  loadNpy,
  loadNpz,
  loadSafetensors,
  loadSafetensorsMetadata,
  type SaveNpzOptions,
  type SaveSafetensorsOptions,
  saveNpy,
  saveNpz,
  saveSafetensors,
} from './io/index.ts'
export { SummaryWriter } from './io/tensorboard/index.ts'
export type { BackendInfo, ConvPrecision, MemoryReport } from './kernels/backend.ts'
export { runAsync } from './kernels/run_async.ts'
export { backendInfo, getNumThreads, memory, setConvPrecision, setNumThreads } from './kernels/select.ts'
export * as models from './models/index.ts'
export * as nn from './nn/index.ts'
export { add, div, maximum, minimum, mul, type Operand, pow, sub } from './ops/arithmetic.ts'
export { cat, stack } from './ops/cat.ts'
export { allclose, equal } from './ops/compare.ts'
export * as functional from './ops/functional.ts'
export { bmm, matmul, mm } from './ops/matmul.ts'
export { Tensor } from './ops/methods.ts'
export * as optim from './optim/index.ts'
export {
  Dashboard,
  type DashboardOptions,
  DetailsCallback,
  type DetailsOptions,
  type FitOptions,
  fit,
  report,
  TensorBoard,
  type TensorBoardOptions,
} from './report/index.ts'
export * as viz from './report/viz/index.ts'
export {
  arange,
  empty,
  eye,
  full,
  linspace,
  ones,
  onesLike,
  type TensorData,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from './tensor/create.ts'
export type { DType } from './tensor/dtype.ts'
export { type GeneratorState, getGeneratorState, manualSeed, nextSeed, setGeneratorState } from './tensor/generator.ts'
export type { MemoryFormat } from './tensor/layout.ts'
export { rand, randint, randn } from './tensor/random.ts'
export { tidy } from './tensor/tidy.ts'
export {
  type Batch,
  type BatchSource,
  type Callback,
  type CheckpointOptions,
  type EarlyStoppingOptions,
  type EpochRecord,
  type EvaluateOptions,
  evaluate,
  type FaultyLayer,
  type Judgement,
  type Loss,
  type Measures,
  type MetricScheduler,
  NonFiniteError,
  type NonFinitePlace,
  type Outcome,
  type Output,
  type Run,
  type RunContext,
  type RunDetails,
  type Scheduler,
  type SignalMode,
  type StepCurves,
  type StepInfo,
  type Verdict,
} from './train/index.ts'
export * as metrics from './train/metrics/index.ts'
export { DTypeError, FormatError, RangeError, ShapeError, StateError, StridedError } from './util/errors.ts'
export { version } from './util/version.ts'
