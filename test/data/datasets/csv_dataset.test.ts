import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { CSVDataset, type CsvOptions } from '../../../lib/data/datasets/csv_dataset.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-csv-'))
afterAll(() => rmSync(dir, { recursive: true }))

let written = 0
function file(text: string | Uint8Array, ending = 'csv'): string {
  const path = join(dir, `${written++}.${ending}`)
  writeFileSync(path, text)
  return path
}

const open = (text: string, options?: CsvOptions) => CSVDataset.open(file(text), options)
const rows = (set: CSVDataset) => set.tensors[0].toArray()

describe('CSVDataset', () => {
  it('takes the label column by name or number, with a header or without', async () => {
    const text = 'a,label,b\n1,0,2\n3,1,4.5\n'
    for (const label of ['label', 1, -2]) {
      const set = await open(text, { label })
      expect(rows(set)).toEqual([
        [1, 2],
        [3, 4.5],
      ])
      expect([...set.labels]).toEqual([0, 1])
      expect([set.length, set.columns, set.classes]).toEqual([2, ['a', 'b'], []])
    }
    const bare = await open('7;1;2\n8;3;4\n', { header: false, delimiter: ';' })
    expect([rows(bare), [...bare.labels], bare.columns]).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      [7, 8],
      null,
    ])
    const [input, target] = bare.getBatch(Int32Array.of(1))
    expect([input.toArray(), target.dtype, target.toArray()]).toEqual([[[3, 4]], 'int32', [8]])
  })

  it('scales, shapes, quotes, and knows words as classes', async () => {
    const text = '\ufeff"kind", a ,b,c,d\r\ncat,0,255,51,1e1\r\n\r\n"dog",1,2,3,4\r\ncat,5,6,7,8\r\n'
    const set = await open(text, { label: 'kind', scale: 255, shape: [1, 2, 2] })
    expect(set.tensors[0].shape).toEqual([3, 1, 2, 2])
    expect([...set.tensors[0].toTypedArray()].slice(0, 4).map(Number)).toEqual([0, 1, 0.2, 10 / 255].map(Math.fround))
    expect([set.classes, [...set.labels]]).toEqual([
      ['cat', 'dog'],
      [0, 1, 0],
    ])
    const regression = await open('y,x\n0.5,1\n-2,3\n', { target: 'number' })
    expect([regression.tensors[1].dtype, regression.tensors[1].toArray()]).toEqual(['float32', [0.5, -2]])
    const unlabelled = await open('x,y\n1,2\n', { label: null })
    expect([rows(unlabelled), [...unlabelled.labels]]).toEqual([[[1, 2]], [0]])
  })

  it('unpacks', async () => {
    const path = file(gzipSync('label,x\n1,2\n'), 'csv.gz')
    expect(rows(await CSVDataset.open(path))).toEqual([[2]])
    const cut = file(gzipSync('label,x\n1,2\n').subarray(0, 20), 'csv.gz')
    await expect(CSVDataset.open(cut)).rejects.toThrow('CSVDataset: cannot read the file (')
  })

  it('says what is wrong, and in which line', async () => {
    const fails = async (text: string, message: string, options?: CsvOptions) => {
      const path = file(text)
      await expect(CSVDataset.open(path, options)).rejects.toThrow(message.replace('PATH', path))
    }
    await fails('label,x\n1,2\n1,zwei\n', 'CSVDataset: expected a number in column 1, got "zwei"; line 3 of PATH')
    await fails('label,x\n1,\n', 'CSVDataset: expected a number in column 1, got ""; line 2 of PATH')
    await fails('label,x\n1,2\n1,2,3\n', 'CSVDataset: cannot read the file (Invalid Record Length')
    await fails(
      'label,x\n0.5,2\n',
      'CSVDataset: expected a class index or a word as the label, got "0.5"; line 2 of PATH',
    )
    await fails('y,x\nhigh,2\n', 'CSVDataset: expected a number as the target, got "high"; line 2 of PATH', {
      target: 'number',
    })
    await fails('a,b\n1,2\n', 'CSVDataset: expected a column "label", got a, b; PATH', { label: 'label' })
    await fails('1,2\n', 'CSVDataset: expected a column "label", got no header; PATH', {
      label: 'label',
      header: false,
    })
    await fails('a,b\n1,2\n', 'CSVDataset: expected a label column below 2, got 2; PATH', { label: 2 })
    await fails('a,b\n', 'CSVDataset: expected at least one row of numbers, got none; PATH')
    await fails('a,b,c\n1,2,3\n', 'CSVDataset: expected a shape of 2 features, got [3] (3); PATH', { shape: [3] })
    await expect(CSVDataset.open(join(dir, 'none.csv'))).rejects.toThrow(
      `CSVDataset: no such file; ${join(dir, 'none.csv')}`,
    )
    await expect(open('', { sep: ';' } as object)).rejects.toThrow(
      'CSVDataset: expected options header, label, target, scale, shape, delimiter, got "sep"',
    )
  })

  const real = fileURLToPath(new URL('../../../../shared/data/mnist_small.csv.gz', import.meta.url))
  it.skipIf(!existsSync(real))('reads 6,000 digits (skipped where ../shared/data is missing)', async () => {
    const set = await CSVDataset.open(real, { label: 0, scale: 255 })
    expect(set.tensors[0].shape).toEqual([6000, 784])
    expect([...new Set(set.labels)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const values = set.tensors[0].toTypedArray() as Float32Array
    expect(values.reduce((most, value) => Math.max(most, value), 0)).toBe(1)
  })
})
