import type { Module } from '../nn/module.ts'
import { type Judgement, judge } from './judge.ts'
import type { Settings } from './options.ts'
import { remediesFor } from './remedies.ts'
import type { Run } from './run.ts'

/** What the curves of a run say; plain data. */
export interface Verdict extends Judgement {
  /** What to do, the most promising first; each applies to this model and this run. */
  remedies: string[]
  /** All of it in words. */
  text: string
}

/** Judges a run by its curves and looks at the model for what would help. */
export function verdictOn(run: Run, model: Module, settings: Settings): Verdict {
  const judgement = judge(run)
  const remedies = remediesFor(judgement, run, model, settings)
  const list = remedies.map((remedy, i) => `\n  ${i + 1}. ${remedy}`)
  const text = `The model ${judgement.why}.${list.length === 0 ? '' : ` What should help, in this order:${list.join('')}`}`
  return { ...judgement, remedies, text }
}
