import type { Context } from './context.ts'

/** How bad a finding is: it will not work, it probably costs accuracy or money, or it is worth knowing. */
export type Severity = 'error' | 'warning' | 'info'

/** Where a rule does not hold. */
export interface Breach {
  /** Path of the module, or name of the parameter; '' for the model itself. */
  readonly path: string
  /** One sentence that says what was found. */
  readonly why: string
}

/** Something that lint looks for. */
export interface Rule {
  /** Stable name, by which the rule is silenced. */
  readonly id: string
  readonly severity: Severity
  /** One sentence that says what to do. */
  readonly cure: string
  /** Where this is from. */
  readonly source: string
  check(context: Context): Iterable<Breach>
}
