import { parseArgs } from 'node:util'
import { StridedError } from '../util/errors.ts'

/** The command line or the files it names are not usable; the message is one line for the person at the keyboard. */
export class UsageError extends StridedError {
  constructor(message: string) {
    super('ERR_USAGE', message)
  }
}

/** One option of a command. */
export interface Option {
  /** What its value is called in the help; a flag has none. */
  value?: string
  /** How its text is read, `text` by default. */
  kind?: 'text' | 'integer' | 'positive' | 'number' | 'choice' | 'json'
  /** Least integer or number. */
  least?: number
  choices?: readonly string[]
  default?: string | number
  help: string
}

/** The options of a command by name. */
export type Options = Readonly<Record<string, Option>>

/** A command of the command line. */
export interface Command {
  /** One line for the list of commands. */
  summary: string
  /** What stands behind the command's name. */
  synopsis: string
  /** What it does, in a paragraph. */
  about: string
  options: Options
  /** Runs it and gives the exit code. */
  run(argv: readonly string[]): Promise<number>
}

/** Values by name; what was neither given nor has a default is undefined. */
export type Values = Record<string, unknown>

/** A command line as it was read. */
export interface Parsed {
  help: boolean
  values: Values
  /** Names of the options that were given. */
  given: ReadonlySet<string>
  positionals: string[]
}

/** Options that every command has. */
export const common: Options = {
  help: { help: 'this text' },
}

/** Columns of the help. */
const WIDTH = 96

/**
 * Reads a command line.
 *
 * @param positionals least and largest number of arguments that belong to no option
 * @throws {UsageError} for an unknown option, a missing value or one out of range.
 */
export function parse(argv: readonly string[], options: Options, positionals: [number, number] = [0, 0]): Parsed {
  const all: Options = { ...options, ...common }
  const config = Object.fromEntries(
    Object.entries(all).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  const read = readArgs(argv, config, positionals[1] > 0)
  const given = new Set(Object.keys(read.values))
  if (read.values.help) return { help: true, values: {}, given, positionals: [] }
  const [least, most] = positionals
  if (read.positionals.length < least) {
    const expected = least === 1 ? 'an argument' : `${least} arguments`
    throw new UsageError(`expected ${expected}, got ${read.positionals.length || 'none'}; see --help`)
  }
  if (read.positionals.length > most)
    throw new UsageError(`Unexpected argument '${read.positionals[most]}'; see --help`)
  const values: Values = {}
  for (const [name, option] of Object.entries(all)) {
    const text = read.values[name] as string | boolean | undefined
    if (text !== undefined) values[name] = typeof text === 'boolean' ? text : convert(`--${name}`, text, option)
    else values[name] = option.value === undefined ? false : option.default
  }
  return { help: false, values, given, positionals: read.positionals }
}

function readArgs(argv: readonly string[], options: Record<string, { type: 'boolean' | 'string' }>, loose: boolean) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: loose })
  } catch (error) {
    // Node explains how to pass a dash as a value over several sentences or lines; the first one says what is wrong.
    const [reason] = (error as Error).message.split(/\.\s|\n/)
    throw new UsageError(`${reason.replace(/\.$/, '')}; see --help`)
  }
}

/**
 * Reads the text of an option, or checks the value that a recipe has for it.
 *
 * @throws {UsageError} when it is not what the option takes.
 */
export function convert(name: string, given: unknown, { kind = 'text', least, choices = [] }: Option): unknown {
  const text = String(given)
  const refuse = (expected: string): never => {
    throw new UsageError(`${name}: expected ${expected}, got ${JSON.stringify(given)}`)
  }
  if (kind === 'text') return text === '' ? refuseEmpty(name) : text
  if (kind === 'choice') return choices.includes(text) ? text : refuse(choices.join(', '))
  if (kind === 'json') return typeof given === 'object' ? given : parseJson(text, refuse)
  const number = Number(text)
  if (kind === 'integer') {
    const valid = /^\d+$/.test(text) && Number.isSafeInteger(number) && number >= (least ?? 0)
    return valid ? number : refuse(`an integer of at least ${least ?? 0}`)
  }
  const finite = text.trim() !== '' && Number.isFinite(number)
  if (kind === 'positive') return finite && number > 0 ? number : refuse('a positive number')
  return finite && number >= (least ?? 0) ? number : refuse(`a number of at least ${least ?? 0}`)
}

function refuseEmpty(name: string): never {
  throw new UsageError(`${name}: expected a path, got nothing`)
}

function parseJson(text: string, refuse: (expected: string) => never): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : refuse('a JSON object')
  } catch {
    return refuse('a JSON object')
  }
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = ['']
  for (const word of text.split(/\s+/)) {
    const line = lines[lines.length - 1]
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}

/** The help of a command. */
export function helpOf(name: string, { synopsis, about, options }: Omit<Command, 'run' | 'summary'>): string {
  const rows = Object.entries({ ...options, ...common }).map(([option, { value, help, default: standard }]) => {
    const left = `  --${option} ${value ?? ''}`.trimEnd()
    return { left, text: standard === undefined ? help : `${help} (default ${standard})` }
  })
  const column = Math.max(...rows.map(({ left }) => left.length)) + 2
  const lines = rows.flatMap(({ left, text }) => {
    const [first, ...more] = wrap(text, WIDTH - column)
    return [left.padEnd(column) + first, ...more.map((line) => ' '.repeat(column) + line)]
  })
  return `Usage: ${name} ${synopsis}\n\n${wrap(about, WIDTH).join('\n')}\n\n${lines.join('\n')}\n`
}
