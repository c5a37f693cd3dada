import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { CIFAR10, CIFAR100 } from '../../../lib/data/datasets/cifar.ts'
import { randomHorizontalFlip } from '../../../lib/data/transforms/flip.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-cifar-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** Records whose label is `first`, `first + 1`, … and whose pixel `i` of channel `c` is `(i + 85 c + label) mod 256`. */
function records(count: number, first: number, labels: (label: number) => number[]): Uint8Array {
  return Uint8Array.from(
    Array.from({ length: count }, (_, n) => [
      ...labels(first + n),
      ...Array.from({ length: 3072 }, (_, at) => ((at % 1024) + 85 * Math.floor(at / 1024) + first + n) % 256),
    ]).flat(),
  )
}

describe('CIFAR10', () => {
  it('reads the records of all files there are, packed or not', () => {
    const root = join(dir, 'ten')
    mkdirSync(join(root, 'cifar-10-batches-bin'), { recursive: true })
    writeFileSync(
      join(root, 'cifar-10-batches-bin', 'data_batch_1.bin'),
      records(3, 0, (label) => [label]),
    )
    const packed = gzipSync(records(2, 7, (label) => [label]))
    writeFileSync(join(root, 'cifar-10-batches-bin', 'data_batch_3.bin.gz'), packed)
    const set = new CIFAR10(root)
    expect([...set.labels]).toEqual([0, 1, 2, 7, 8])
    expect(set.shape).toEqual([5, 3, 32, 32])
    const [input, target] = set.getBatch(Int32Array.of(4, 1))
    expect(input.isContiguous('channelsLast')).toBe(true)
    expect([...target.toTypedArray()]).toEqual([8, 1])
    const pixels = [...input.toTypedArray()].map((value) => Math.round(255 * Number(value)))
    const expected = (label: number) => [...records(1, label, () => [])]
    expect(pixels).toEqual([...expected(8), ...expected(1)])
    expect(() => new CIFAR10(root, { train: false })).toThrow(
      `CIFAR10: expected test_batch.bin[.gz] in the folder or its cifar-10-batches-bin, got no such file; ${root}`,
    )
  })

  it('hands batches to its transform', () => {
    const set = new CIFAR10(join(dir, 'ten'), { transform: randomHorizontalFlip({ p: 1 }) })
    const plain = new CIFAR10(join(dir, 'ten'))
    const rows = (one: CIFAR10) => one.getBatch(Int32Array.of(3))[0].toTypedArray()
    expect(rows(set).slice(0, 32)).toEqual(rows(plain).slice(0, 32).reverse())
    const again = plain.withTransform(randomHorizontalFlip({ p: 1 }))
    expect(again.getBatch(Int32Array.of(3))[0].toTypedArray()).toEqual(rows(set))
    expect([again.length, again.labels]).toEqual([5, plain.labels])
  })

  it('refuses files that are none of its own', () => {
    const root = join(dir, 'bad')
    mkdirSync(root)
    const path = join(root, 'test_batch.bin')
    writeFileSync(path, new Uint8Array(3000))
    expect(() => new CIFAR10(root, { train: false })).toThrow(
      `CIFAR10: expected records of 3073 bytes, got a file of 3000 bytes; ${path}`,
    )
    writeFileSync(
      path,
      records(2, 9, (label) => [label]),
    )
    expect(() => new CIFAR10(root, { train: false })).toThrow(
      `CIFAR10: expected labels below 10, got 10 in record 1; ${path}`,
    )
    writeFileSync(path, gzipSync(records(1, 9, (label) => [label])).subarray(0, 40))
    expect(() => new CIFAR10(root, { train: false })).toThrow(
      `CIFAR10: corrupt or truncated gzip file (unexpected end of file); ${path}`,
    )
  })
})

describe('CIFAR100', () => {
  it('takes the fine label of the two', () => {
    const root = join(dir, 'hundred')
    mkdirSync(root)
    writeFileSync(
      join(root, 'test.bin'),
      records(2, 41, (label) => [3, label]),
    )
    const set = new CIFAR100(root, { train: false, mean: 0.5, std: 0.5 })
    expect([...set.labels]).toEqual([41, 42])
    expect(Number(set.getBatch(Int32Array.of(0))[0].toTypedArray()[0])).toBe(Math.fround((41 / 255 - 0.5) / 0.5))
  })
})

const real = fileURLToPath(new URL('../../../../shared/data/cifar10', import.meta.url))

describe('the real CIFAR-10', () => {
  it.skipIf(!existsSync(real))('reads 20,000 and 4,000 images (skipped where ../shared/data is missing)', () => {
    const [train, test] = [new CIFAR10(real), new CIFAR10(real, { train: false })]
    expect([train.length, test.length]).toEqual([20_000, 4000])
    expect(new Set(test.labels).size).toBe(10)
    const { mean, std } = train.statistics()
    // The well-known moments of the set.
    const known = [0.4914, 0.4822, 0.4465, 0.247, 0.2435, 0.2616]
    for (const [i, value] of [...mean, ...std].entries()) expect(value).toBeCloseTo(known[i], 2)
  })
})
