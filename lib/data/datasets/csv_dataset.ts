import { createReadStream, statSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { type CsvError, parse } from 'csv-parse'
import { tensor } from '../../tensor/create.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { checkOptions } from '../../util/check.ts'
import { FormatError } from '../../util/errors.ts'
import type { LabelledBatch } from '../dataset.ts'
import { TensorDataset } from '../tensor_dataset.ts'

/**
 * How {@link CSVDataset.open} reads a table: which columns are features, which is the label, and how a sample is
 * shaped.
 */
export interface CsvOptions {
  /** Whether the first row names the columns. Default true. */
  header?: boolean
  /**
   * Column of the labels, by name or by number from 0, from −1 backwards. Default 0; null where there is none, and all
   * labels are 0.
   */
  label?: string | number | null
  /** Whether labels are class indices, `class`, or numbers to regress on, `number`. Default `class`. */
  target?: 'class' | 'number'
  /** What the features are divided by. Default 1. */
  scale?: number
  /** Shape of one sample, such as [1, 28, 28]; its product is the number of feature columns. Default: one dimension. */
  shape?: readonly number[]
  /** What stands between two columns. Default `,`. */
  delimiter?: string
}

/** A table of numbers as rows are added to it. */
interface Table {
  names: string[] | null
  width: number
  rows: Float32Array[]
  labels: number[]
  /** Class of each label that is no number. */
  classes: Map<string, number>
}

/**
 * A table of numbers in a CSV file, gzipped or not: one row a sample, one column its label.
 *
 * Read as a stream, row by row; then the features are float32 `[N, …]` and the labels int32 (or, for `target: 'number'`,
 * float32) `[N]`. Labels that are words become class indices in the order of their first appearance; {@link classes} has
 * them.
 *
 * @example
 * const digits = await datasets.CSVDataset.open('digits.csv', { label: 'label', scale: 255, shape: [1, 28, 28] })
 */
export class CSVDataset extends TensorDataset<LabelledBatch> {
  /** Names of the feature columns; null without a header. */
  readonly columns: readonly string[] | null
  /** The words that stand for the classes; empty where labels are numbers. */
  readonly classes: readonly string[]

  /** Use {@link open}. */
  constructor(tensors: [Tensor, Tensor], columns: readonly string[] | null, classes: readonly string[]) {
    super(tensors)
    this.columns = columns
    this.classes = classes
  }

  get labels(): Int32Array {
    return Int32Array.from(this.tensors[1].toTypedArray() as Int32Array)
  }

  /**
   * Reads a file.
   *
   * @throws {FormatError} when it is missing or empty, a row has another number of columns, a feature is no number, or there
   * is no such label column; the message has the line.
   */
  static async open(path: string, options: CsvOptions = {}): Promise<CSVDataset> {
    const op = 'CSVDataset'
    checkOptions(op, options, ['header', 'label', 'target', 'scale', 'shape', 'delimiter'])
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new FormatError(`${op}: no such file; ${path}`)
    const table = await readTable(op, path, options)
    if (table.rows.length === 0) throw new FormatError(`${op}: expected at least one row of numbers, got none; ${path}`)
    const { scale = 1, shape = [table.width], target = 'class', label = 0 } = options
    const size = shape.reduce((product, one) => product * one, 1)
    if (size !== table.width) {
      throw new FormatError(
        `${op}: expected a shape of ${table.width} features, got [${shape.join(', ')}] (${size}); ${path}`,
      )
    }
    const features = new Float32Array(table.rows.length * table.width)
    table.rows.forEach((row, n) => {
      for (let i = 0; i < row.length; i++) features[n * table.width + i] = row[i] / scale
    })
    const labels = label === null ? new Array<number>(table.rows.length).fill(0) : table.labels
    const targets = target === 'number' ? Float32Array.from(labels) : Int32Array.from(labels)
    const input = tensor(features, { shape: [table.rows.length, ...shape] })
    return new CSVDataset([input, tensor(targets)], table.names, [...table.classes.keys()])
  }
}

async function readTable(op: string, path: string, options: CsvOptions): Promise<Table> {
  const { header = true, label = 0, delimiter = ',' } = options
  const table: Table = { names: null, width: 0, rows: [], labels: [], classes: new Map() }
  const parser = parse({ delimiter, bom: true, skip_empty_lines: true, trim: true, info: true })
  let labelAt: number | null = null
  let first = true
  const take = ({ record, info }: { record: string[]; info: { lines: number } }): void => {
    const where = `line ${info.lines} of ${path}`
    if (first) {
      labelAt = label === null ? null : findLabel(op, label, record, header, path)
      table.width = record.length - (labelAt === null ? 0 : 1)
      first = false
      if (header) {
        table.names = record.filter((_, column) => column !== labelAt)
        return
      }
    }
    addRow(op, table, record, labelAt, options.target ?? 'class', where)
  }
  let own: unknown = null
  const consume = async (records: AsyncIterable<unknown>): Promise<void> => {
    try {
      for await (const record of records) take(record as { record: string[]; info: { lines: number } })
    } catch (error) {
      // The pipeline would say no more than that it was aborted.
      own = error
      throw error
    }
  }
  try {
    const source = createReadStream(path)
    await (path.endsWith('.gz') ? pipeline(source, createGunzip(), parser, consume) : pipeline(source, parser, consume))
  } catch (error) {
    if (own instanceof FormatError) throw own
    const { code, message } = (own ?? error) as CsvError
    throw new FormatError(
      `${op}: cannot read the file (${code?.startsWith('CSV') ? message : (code ?? message)}); ${path}`,
    )
  }
  return table
}

function findLabel(op: string, label: string | number, row: string[], header: boolean, path: string): number {
  if (typeof label === 'number') {
    const column = label < 0 ? row.length + label : label
    if (Number.isInteger(column) && column >= 0 && column < row.length) return column
    throw new FormatError(`${op}: expected a label column below ${row.length}, got ${label}; ${path}`)
  }
  const column = header ? row.indexOf(label) : -1
  if (column >= 0) return column
  const names = header ? row.slice(0, 8).join(', ') + (row.length > 8 ? ', …' : '') : 'no header'
  throw new FormatError(`${op}: expected a column ${JSON.stringify(label)}, got ${names}; ${path}`)
}

function addRow(
  op: string,
  table: Table,
  record: string[],
  labelAt: number | null,
  target: string,
  where: string,
): void {
  const row = new Float32Array(table.width)
  let i = 0
  for (const [column, text] of record.entries()) {
    if (column === labelAt) {
      table.labels.push(labelOf(op, table.classes, text, target, where))
      continue
    }
    const value = text === '' ? Number.NaN : Number(text)
    if (!Number.isFinite(value)) {
      throw new FormatError(`${op}: expected a number in column ${column}, got ${JSON.stringify(text)}; ${where}`)
    }
    row[i++] = value
  }
  table.rows.push(row)
}

function labelOf(op: string, classes: Map<string, number>, text: string, target: string, where: string): number {
  const value = text === '' ? Number.NaN : Number(text)
  if (target === 'number') {
    if (Number.isFinite(value)) return value
    throw new FormatError(`${op}: expected a number as the target, got ${JSON.stringify(text)}; ${where}`)
  }
  if (classes.size === 0 && Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value
  if (Number.isFinite(value)) {
    throw new FormatError(`${op}: expected a class index or a word as the label, got ${JSON.stringify(text)}; ${where}`)
  }
  const known = classes.get(text) ?? classes.size
  classes.set(text, known)
  return known
}
