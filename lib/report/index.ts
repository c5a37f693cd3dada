// What people look at: a report of a run, and the same while it runs.
export { Dashboard, type DashboardOptions } from './dashboard/index.ts'
export { DetailsCallback, type DetailsOptions } from './details/index.ts'
export { type FitOptions, fit } from './fit.ts'
export { report } from './report.ts'
export { TensorBoard, type TensorBoardOptions } from './tensor_board.ts'
