import type { Module } from '../nn/module.ts'
import { type FitOptions as BaseOptions, fit as baseFit } from '../train/index.ts'
import type { Run } from '../train/run.ts'
import { DetailsCallback, type DetailsOptions } from './details/index.ts'

export interface FitOptions extends BaseOptions {
  /**
   * Whether pictures, histograms and answers are gathered for a report, and how: see {@link DetailsCallback}, whose `data` are here
   * the validation data by default. `false` by default.
   */
  details?: boolean | DetailsOptions
}

/** {@link baseFit}, with the options that gather and show. */
export async function fit(model: Module, options: FitOptions): Promise<Run> {
  const { details = false, ...rest } = options
  if (details === false) return baseFit(model, rest)
  const given = details === true ? {} : details
  const gather = new DetailsCallback({ data: rest.validation ?? null, ...given })
  return baseFit(model, { ...rest, callbacks: [...(rest.callbacks ?? []), gather] })
}
