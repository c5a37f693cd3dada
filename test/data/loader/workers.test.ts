import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { Dataset } from '../../../lib/data/dataset.ts'
import type { Tensor } from '../../../lib/tensor/tensor.ts'

// Worker threads run the compiled library, so this is held against the compiled library.
const compiled = new URL('../../../dist/index.js', import.meta.url).href
const { data, datasets, tensor, transforms } = (await import(compiled)) as typeof import('../../../lib/index.ts')
const support = (file: string) => fileURLToPath(new URL(`../../support/${file}`, import.meta.url))
const { Drawing } = (await import(support('worker_datasets.mjs'))) as {
  Drawing: new (length: number, options?: { fails?: number; exits?: number }) => Dataset<Tensor[]>
}

const loaders: { close(): Promise<void> }[] = []
afterAll(() => Promise.all(loaders.map((loader) => loader.close())))

function load<B extends readonly Tensor[]>(dataset: Dataset<B>, options: object) {
  const loader = new data.DataLoader<B>(dataset, { batchSize: 4, shuffle: true, seed: 6, ...options })
  loaders.push(loader)
  return loader
}

async function epoch(loader: AsyncIterable<readonly Tensor[]>): Promise<unknown[]> {
  const batches: unknown[] = []
  for await (const batch of loader) batches.push(batch.map((one) => [one.dtype, one.toArray()]))
  return batches
}

/** Colour images whose pixels all differ. */
function images(count: number) {
  const pixels = Uint8Array.from({ length: count * 3 * 8 * 8 }, (_, i) => (i * 7) % 256)
  const transform = transforms.compose([
    transforms.randomCrop(8, { padding: 2 }),
    transforms.randomHorizontalFlip(),
    transforms.colorJitter({ brightness: 0.4, hue: 0.1 }),
    transforms.randomRotation(20),
    transforms.normalize([0.5, 0.4, 0.3], 0.25),
    transforms.randomErasing({ p: 0.5 }),
  ])
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3)
  return new datasets.ImageDataset(pixels, labels, { shape: [count, 3, 8, 8], transform })
}

describe('a loader with workers', () => {
  it('yields the same batches for any number of them, epoch after epoch', async () => {
    const alone = load(images(30), {})
    const expected = [await epoch(alone), await epoch(alone)]
    expect(expected[0]).not.toEqual(expected[1])
    for (const options of [{ workers: 1 }, { workers: 2, prefetch: 0 }, { workers: 3, prefetch: 4 }]) {
      const loader = load(images(30), options)
      expect([await epoch(loader), await epoch(loader)]).toEqual(expected)
    }
    expect(Array.from(load(images(30), {}), (batch) => batch.map((one) => [one.dtype, one.toArray()]))).toEqual(
      expected[0],
    )
  })

  it('makes every kind of data set again', async () => {
    const digits = new datasets.SyntheticDigits({ size: 20, seed: 4, train: false })
    const rows = new datasets.TensorDataset([
      tensor(Float32Array.from({ length: 40 }, (_, i) => i)).reshape([20, 2]),
      tensor(digits.labels),
    ])
    const sets: Dataset<Tensor[]>[] = [
      digits,
      rows,
      new datasets.Subset(images(20), [5, 3, 19, 0, 7]),
      new datasets.ConcatDataset([images(5), images(9).withTransform(transforms.randomVerticalFlip())]),
      new Drawing(11),
    ] as never
    for (const set of sets) expect(await epoch(load(set, { workers: 2 }))).toEqual(await epoch(load(set, {})))
  })

  it('resumes in the middle of an epoch', async () => {
    const whole = await epoch(load(images(30), {}))
    const loader = load(images(30), { workers: 2 })
    const seen: unknown[] = []
    for await (const batch of loader) {
      seen.push(batch.map((one) => [one.dtype, one.toArray()]))
      if (seen.length === 3) break
    }
    expect(loader.stateDict()).toEqual({ seed: 6, epoch: 0, batch: 3 })
    const resumed = load(images(30), { workers: 1, seed: 0 })
    resumed.loadStateDict(loader.stateDict())
    expect([...seen, ...(await epoch(resumed))]).toEqual(whole)
    // What was left goes on with the next epoch as if nothing had been.
    const again = load(images(30), {})
    again.epoch = 1
    expect(await epoch(loader)).toEqual(await epoch(again))
  })

  it('fails with the index of the sample and the cause', async () => {
    const loader = load(new Drawing(20, { fails: 13 }), { workers: 2, shuffle: false })
    const seen: number[][] = []
    const failure = await (async () => {
      for await (const [indices] of loader) seen.push(indices.toArray() as number[])
    })().catch((error: Error) => error)
    expect(seen).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
    ])
    expect(failure).toMatchObject({
      code: 'ERR_STATE',
      message: 'DataLoader: worker 1 failed; sample 13: cannot read sample 13',
      cause: { message: 'cannot read sample 13', cause: { message: 'the disk' } },
    })
  })

  it('fails when a worker cannot make the data set, or ends', async () => {
    const set = (exported: string): Dataset<Tensor[]> => ({
      length: 4,
      getBatch: () => [],
      recipe: () => ({ module: support('worker_datasets.mjs'), export: exported, args: [] }),
    })
    await expect(epoch(load(set('broken'), { workers: 1 }))).rejects.toThrow(
      'DataLoader: worker 0 failed; no such folder',
    )
    await expect(epoch(load(set('missing'), { workers: 1 }))).rejects.toThrow(
      `DataLoader: worker 0 failed; DataLoader: expected an export missing to call, got undefined; ${support('worker_datasets.mjs')}`,
    )
    await expect(epoch(load(new Drawing(8, { exits: 5 }), { workers: 1, shuffle: false }))).rejects.toThrow(
      'DataLoader: worker 0 ended; exited with code 3',
    )
  })

  it('says what it cannot do', async () => {
    const own: Dataset<[Tensor]> = { length: 3, getBatch: (indices) => [tensor(indices)] }
    await expect(epoch(load(own, { workers: 1 }))).rejects.toThrow(
      'DataLoader: expected a data set that workers can make again, got Object without a recipe(); ' +
        'give it one that names a module and an export, or leave workers at 0',
    )
    expect(() => [...load(images(3), { workers: 1 })]).toThrow(
      'DataLoader: expected for await with workers, which have to be waited for, got a plain for',
    )
    expect(() => load(own, { workers: -1 })).toThrow(
      'DataLoader: expected workers to be an integer of at least 0, got -1',
    )
    expect(() => load(own, { prefetch: 0.5 })).toThrow(
      'DataLoader: expected prefetch to be an integer of at least 0, got 0.5',
    )
  })

  it('lets the process end when nobody iterates', () => {
    const start = performance.now()
    const output = execFileSync(process.execPath, [support('leave_workers.mjs')], { encoding: 'utf8', timeout: 20_000 })
    expect(output).toBe('10\n')
    // A hundred slow batches would take a second each worker; the start of three threads takes less than ten.
    expect(performance.now() - start).toBeLessThan(15_000)
  })
})
