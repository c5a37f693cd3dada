import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Module } from '../nn/module.ts'
import { convert, type Options, UsageError, type Values } from './args.ts'
import type { TrainData } from './data_options.ts'

/** What a network has to fit. */
export interface ModelShape {
  inChannels: number
  numClasses: number
  /** `[height, width]`; `[1, features]` for rows of numbers. */
  imageSize: [number, number]
}

/** What a module may give in place of names. */
export interface RecipeFunctions {
  /** Makes the network. */
  model?: (shape: ModelShape) => Module
  /** Makes the data. */
  data?: (context: { seed: number }) => TrainData | Promise<TrainData>
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/**
 * Reads a recipe: a JSON file, or a module whose default export is one.
 *
 * @throws {UsageError} when the file is missing, cannot be read or holds no object.
 */
export async function readRecipe(path: string): Promise<Values> {
  const fail = (why: string): never => {
    throw new UsageError(`--recipe: ${why}; ${path}`)
  }
  const recipe = /\.[mc]?[jt]s$/.test(path) ? await importDefault(path, fail) : parseJson(path, fail)
  if (typeof recipe !== 'object' || recipe === null || Array.isArray(recipe))
    return fail('expected an object of options')
  return recipe as Values
}

function parseJson(path: string, fail: (why: string) => never): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return fail(`cannot read the file (${(error as NodeJS.ErrnoException).code})`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    return fail(`expected JSON (${(error as Error).message.replace(/\s+/g, ' ')})`)
  }
}

async function importDefault(path: string, fail: (why: string) => never): Promise<unknown> {
  try {
    return ((await import(pathToFileURL(resolve(path)).href)) as { default: unknown }).default
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ERR_UNKNOWN_FILE_EXTENSION') return fail(`cannot load the module (${message.replace(/\s+/g, ' ')})`)
    return fail(
      `Node ${process.version} does not read TypeScript; use 22.18 or newer, or NODE_OPTIONS="--import tsx" with tsx installed`,
    )
  }
}

/**
 * Puts the options of a recipe where the command line says nothing.
 *
 * @throws {UsageError} for one that does not exist or is out of range.
 */
export function mergeRecipe(
  recipe: Values,
  values: Values,
  given: ReadonlySet<string>,
  options: Options,
): { values: Values; functions: RecipeFunctions } {
  const merged = { ...values }
  const functions: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(recipe)) {
    const name = kebab(key)
    const option = options[name]
    if (option === undefined || name === 'recipe')
      throw new UsageError(`recipe: there is no option ${JSON.stringify(key)}`)
    if (given.has(name) || value === null) continue
    if (typeof value === 'function' && (key === 'model' || key === 'data')) functions[key] = value
    else if (option.value !== undefined) merged[name] = convert(`recipe: ${key}`, value, option)
    else if (typeof value === 'boolean') merged[name] = value
    else throw new UsageError(`recipe: ${key}: expected true or false, got ${JSON.stringify(value)}`)
  }
  return { values: merged, functions }
}
