import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTarGzip } from 'nanotar'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CIFAR10 } from '../../../lib/data/datasets/cifar.ts'
import { MNIST } from '../../../lib/data/datasets/mnist.ts'
import { bringFiles } from '../../../lib/data/download/bring_files.ts'
import { type OfficialFiles, official } from '../../../lib/data/download/official.ts'
import { idxImages, idxLabels } from '../idx_files.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-bring-'))
const contents = new Map<string, Uint8Array>()
let fetched = 0
const server = createServer((request, response) => {
  fetched++
  response.end(contents.get(request.url!.slice(1)))
})
let base = ''
beforeAll(async () => {
  const member = (name: string, data: Uint8Array) => ({ name, data })
  const archive = await createTarGzip([
    member('cifar-10-batches-bin/data_batch_1.bin', new Uint8Array(3073 * 2).fill(4)),
    member('../outside.bin', new Uint8Array(10)),
  ])
  contents.set('cifar.tar.gz', archive)
  contents.set('train-images-idx3-ubyte', idxImages(3, 4, 4))
  contents.set('train-labels-idx1-ubyte', idxLabels([1, 0, 2]))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(() => {
  server.close()
  rmSync(dir, { recursive: true })
})

const remote = (name: string) => {
  const digest = createHash('md5').update(contents.get(name)!).digest('hex')
  return { urls: [`${base}${name}`], checksum: { algorithm: 'md5' as const, digest } }
}

it('fetches the files that are missing or wrong, and no others', async () => {
  const root = join(dir, 'mnist')
  const names = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte']
  const files: OfficialFiles = { files: Object.fromEntries(names.map((name) => [name, remote(name)])) }
  fetched = 0
  await bringFiles(root, files)
  await bringFiles(root, files)
  expect(fetched).toBe(2)
  expect([...new MNIST(root).labels]).toEqual([1, 0, 2])
  writeFileSync(join(root, names[1]), 'scribbled over')
  await bringFiles(root, files)
  expect(fetched).toBe(3)
})

it('takes what is wanted out of an archive, and nothing else', async () => {
  const root = join(dir, 'deep', 'cifar')
  const name = 'cifar.tar.gz'
  const wanted = (size: number): OfficialFiles => ({
    files: { [name]: remote(name) },
    archives: { [name]: { 'cifar-10-batches-bin/data_batch_1.bin': size } },
  })
  fetched = 0
  await bringFiles(root, wanted(6146))
  await bringFiles(root, wanted(6146))
  expect(fetched).toBe(1)
  expect([existsSync(join(root, name)), existsSync(join(dir, 'deep', 'outside.bin'))]).toEqual([false, false])
  expect(readFileSync(join(root, 'cifar-10-batches-bin', 'data_batch_1.bin')).length).toBe(6146)
  expect([...new CIFAR10(root).labels]).toEqual([4, 4])
  const path = join(dir, 'short')
  await expect(bringFiles(path, wanted(3073))).rejects.toThrow(
    `download: expected cifar-10-batches-bin/data_batch_1.bin of 3073 bytes in the archive, got 6146; ${join(path, name)}`,
  )
})

it('opens sets where they lie', async () => {
  expect((await MNIST.open({ root: join(dir, 'mnist') })).length).toBe(3)
  process.env.STRIDED_HOME = join(dir, 'nowhere')
  try {
    await expect(MNIST.open()).rejects.toThrow(`loadIdxFolder: no such folder; ${join(dir, 'nowhere', 'MNIST')}`)
  } finally {
    delete process.env.STRIDED_HOME
  }
})

it('knows files that fit what the sets read', () => {
  expect(Object.keys(official.KMNIST.files)).toEqual(
    ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'].map(
      (stem) => `${stem}-ubyte.gz`,
    ),
  )
  for (const { files } of Object.values(official)) {
    for (const [name, { urls, checksum }] of Object.entries(files)) {
      expect(urls[0]).toMatch(new RegExp(`^https://.*/${name.replaceAll('.', '\\.')}$`))
      expect(checksum.digest).toMatch(/^[0-9a-f]{32}$/)
    }
  }
})
