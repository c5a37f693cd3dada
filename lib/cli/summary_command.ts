import { summary } from '../insight/index.ts'
import { UsageError } from './args.ts'
import { findNetwork, networkNames } from './networks.ts'
import type { ModelShape } from './recipe.ts'
import { print, printJson, shared, type Task } from './task.ts'

/**
 * Reads the shape of an input.
 *
 * @throws {UsageError} unless it is `CxHxW` or `NxCxHxW`.
 */
function readShape(text: string): number[] {
  const sizes = text.split('x').map(Number)
  if (![3, 4].includes(sizes.length) || !sizes.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new UsageError(`--input: expected sizes such as 3x32x32 or 8x3x32x32, got ${JSON.stringify(text)}`)
  }
  return sizes.length === 3 ? [1, ...sizes] : sizes
}

export const summaryCommand: Task = {
  summary: 'show what a network is made of and what it costs',
  synopsis: 'MODEL [options]',
  about:
    'Shows the layers of a network, their shapes, parameters, multiply-accumulates, activation memory and receptive fields. ' +
    `MODEL is a file that strided train has saved, or one of ${networkNames.join(', ')}.`,
  options: {
    input: { value: 'SHAPE', help: 'CxHxW or NxCxHxW (default: that of the file, or 1x28x28)' },
    classes: { value: 'N', kind: 'integer', least: 1, default: 10, help: 'classes of a network by name' },
    json: shared.json,
  },
  positionals: [1, 1],
  async perform({ values, positionals: [name] }) {
    const given = values.input === undefined ? null : readShape(values.input as string)
    const [, inChannels, height, width] = given ?? [1, 1, 28, 28]
    const wanted: ModelShape = { inChannels, numClasses: values.classes as number, imageSize: [height, width] }
    const { model, shape } = findNetwork(name, wanted)
    const table = summary(model, given ?? [1, shape.inChannels, ...shape.imageSize])
    if (values.json) printJson({ rows: table.rows, totals: table.totals, trainingError: table.trainingError })
    else print(String(table))
    return 0
  },
}
