// What people look at: a report of a run.
export { DetailsCallback, type DetailsOptions } from './details/index.ts'
export { type FitOptions, fit } from './fit.ts'
export { report } from './report.ts'
