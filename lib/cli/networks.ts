import { existsSync } from 'node:fs'
import { loadSafetensors, loadSafetensorsMetadata } from '../io/index.ts'
import * as models from '../models/index.ts'
import type { Module } from '../nn/module.ts'
import { StridedError } from '../util/errors.ts'
import { UsageError } from './args.ts'
import type { ModelShape } from './recipe.ts'

type Maker = (options: Record<string, unknown>) => Module

/** Networks by name: the functions of `models`. */
const makers: Readonly<Record<string, Maker>> = Object.fromEntries(
  Object.entries(models).filter(([name, make]) => typeof make === 'function' && /^[a-z]/.test(name)),
) as Record<string, Maker>

/** Names of the networks that the command line knows. */
export const networkNames = Object.keys(makers).sort()

/**
 * Makes a network of the library.
 *
 * @throws {UsageError} for a name that does not exist or options that the network refuses.
 */
export function makeNetwork(name: string, shape: ModelShape, options: Record<string, unknown> | null): Module {
  if (!Object.hasOwn(makers, name)) {
    throw new UsageError(`expected a network among ${networkNames.join(', ')}, got ${JSON.stringify(name)}`)
  }
  try {
    return makers[name]({ ...shape, ...options })
  } catch (error) {
    if (error instanceof StridedError) throw new UsageError(error.message)
    throw error
  }
}

/** What the metadata of a saved model says about its input and its answers. */
export interface SavedNetwork {
  model: Module
  /** Name of the network. */
  name: string
  shape: ModelShape
  mean: number[]
  std: number[]
  /** Null where nobody named them. */
  classNames: string[] | null
  metadata: Record<string, string>
}

/** Metadata that lets {@link loadNetwork} make the network again. */
export function describeNetwork(
  name: string,
  { inChannels, numClasses, imageSize }: ModelShape,
  options: Record<string, unknown> | null,
): Record<string, string> {
  return {
    model: name,
    classes: String(numClasses),
    channels: String(inChannels),
    image_size: imageSize.join('x'),
    ...(options !== null && { model_options: JSON.stringify(options) }),
  }
}

/**
 * Loads a model that the training command has saved.
 *
 * @throws {UsageError} when the file does not say which network of the library it is.
 * @throws {FormatError} when it is damaged.
 */
export function loadNetwork(path: string): SavedNetwork {
  const metadata = loadSafetensorsMetadata(path)
  const { model: name, classes, channels = '1', image_size: size, mean = '0', std = '1' } = metadata
  if (name === undefined || classes === undefined || size === undefined || !Object.hasOwn(makers, name)) {
    throw new UsageError(`expected a model that strided train has saved, got one of ${name ?? 'unknown kind'}; ${path}`)
  }
  const [height, width] = size.split('x').map(Number)
  const shape: ModelShape = { inChannels: Number(channels), numClasses: Number(classes), imageSize: [height, width] }
  const options =
    metadata.model_options === undefined ? null : (JSON.parse(metadata.model_options) as Record<string, unknown>)
  const model = makeNetwork(name, shape, options)
  model.loadStateDict(loadSafetensors(path))
  const classNames = metadata.class_names === undefined ? null : (JSON.parse(metadata.class_names) as string[])
  const numbers = (text: string): number[] => text.split(',').map(Number)
  return { model: model.eval(), name, shape, mean: numbers(mean), std: numbers(std), classNames, metadata }
}

/** A saved model, or a network by name with random weights. */
export function findNetwork(text: string, shape: ModelShape): Pick<SavedNetwork, 'model' | 'name' | 'shape'> {
  if (existsSync(text)) return loadNetwork(text)
  if (!Object.hasOwn(makers, text)) {
    throw new UsageError(`expected a file or a network among ${networkNames.join(', ')}, got ${JSON.stringify(text)}`)
  }
  return { model: makeNetwork(text, shape, null), name: text, shape }
}
