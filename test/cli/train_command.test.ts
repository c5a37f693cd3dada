import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usage } from '../../lib/cli/train_args.ts'
import { loadSafetensors, loadSafetensorsMetadata } from '../../lib/io/safetensors.ts'
import { idxImages, idxLabels } from '../data/idx_files.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'strided-cli-'))
afterAll(() => rmSync(root, { recursive: true }))

const digits = join(root, 'digits')
const out = join(root, 'models', 'model.safetensors')

beforeAll(() => {
  mkdirSync(digits)
  writeFileSync(join(digits, 't10k-images-idx3-ubyte'), idxImages(60, 8, 8))
  writeFileSync(join(digits, 't10k-labels-idx1-ubyte'), idxLabels(Array.from({ length: 60 }, (_, i) => i % 3)))
})

function train(...argv: string[]) {
  return trainWith({}, ...argv)
}

function trainWith(variables: Record<string, string>, ...argv: string[]) {
  const command = ['--import', 'tsx', 'lib/cli/train.ts', ...argv]
  const options = { cwd: repository, encoding: 'utf8', env: { ...process.env, ...variables } } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, command, options)
  return { status, stdout, stderr }
}

/** Runs that must end with code 2 and this one line, before any training and without a file. */
function expectRefusal(message: string, ...argv: string[]): void {
  const result = train('--out', out, ...argv)
  expect(result).toEqual({ status: 2, stdout: '', stderr: `train: ${message}\n` })
  expect(existsSync(out)).toBe(false)
}

describe('npm run train', () => {
  it('prints its usage', () => {
    expect(train('--help')).toEqual({ status: 0, stdout: usage, stderr: '' })
  })

  it('refuses a command line it does not understand', () => {
    expectRefusal("Unknown option '--epoch'; see --help", '--epoch', '3')
    expectRefusal('--lr: expected a positive number, got "0"', '--lr', '0')
    const folder = train('--out', root, '--data', digits)
    expect(folder.stderr).toBe(`train: --out: expected a file, got the folder ${root}\n`)
    const file = join(digits, 't10k-images-idx3-ubyte', 'model.safetensors')
    expect(train('--out', file).stderr).toMatch(/^train: --out: cannot write into .*t10k-images-idx3-ubyte \(\w+\)\n$/)
  })

  it('refuses settings of the environment that make no sense', () => {
    expect(trainWith({ STRIDED_BACKEND: 'gpu' }, '--out', out)).toEqual({
      status: 2,
      stdout: '',
      stderr: 'train: STRIDED_BACKEND: expected native or reference, got "gpu"\n',
    })
  })

  it('refuses data it cannot use', () => {
    const dir = join(root, 'bad')
    mkdirSync(dir)
    const images = join(dir, 't10k-images-idx3-ubyte')
    const labels = join(dir, 't10k-labels-idx1-ubyte')
    expectRefusal(`loadIdxFolder: no such folder; ${join(root, 'nowhere')}`, '--data', join(root, 'nowhere'))
    writeFileSync(labels, idxLabels([1, 2]))
    writeFileSync(images, idxImages(2, 8, 8).subarray(0, 100))
    expectRefusal(
      `readIdx: truncated: the header promises [2, 8, 8] (128 bytes of data), got 84 bytes; ${images}`,
      '--data',
      dir,
    )
    writeFileSync(images, 'GIF89a')
    expectRefusal(
      `readIdx: expected an IDX file (00 00, type 08 to 0e, dimensions), got 47 49 46 38; ${images}`,
      '--data',
      dir,
    )
    writeFileSync(images, idxImages(3, 8, 8))
    expectRefusal(
      `loadIdxFolder: expected one label per image, got 3 images in t10k-images-idx3-ubyte and 2 labels in ${labels}`,
      '--data',
      dir,
    )
  })

  it('trains, reports and saves, with the same bits for any number of threads', () => {
    const run = (...argv: string[]) =>
      train('--data', digits, '--epochs', '2', '--batch-size', '16', '--out', out, ...argv)
    const { status, stdout, stderr } = run('--threads', '1')
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toBe(`data: ${digits}, one pair of files split into 48 images to train and 12 to test`)
    expect(lines[1]).toMatch(/^LeNet-5, (native|reference) backend \(\w+\), 1 thread, seed 0$/)
    expect(stdout).toMatch(/^epoch 2\/2 {2}train loss \d\.\d{4} {2}test accuracy \d+\.\d\d % {2}\d+ images\/s$/m)
    expect(lines.at(-3)).toMatch(/^train loss \d\.\d{8,}$/)
    expect(lines.at(-2)).toMatch(/^test accuracy \d+\.\d\d % \(\d+ of 12\)$/)
    expect(lines.at(-1)).toBe(`model saved to ${out}`)
    const state = loadSafetensors(out)
    expect(state['7.weight'].shape).toEqual([500, 200])
    expect(state['9.weight'].shape).toEqual([3, 500])
    const metadata = loadSafetensorsMetadata(out)
    expect(metadata).toMatchObject({ model: 'leNet5', classes: '3', image_size: '8x8', epochs: '2', seed: '0' })
    expect(`train loss ${metadata.train_loss}`).toBe(lines.at(-3))
    for (const threads of ['2', '3']) {
      expect(run('--threads', threads).stdout.split('\n').slice(-4)).toEqual([...lines.slice(-3), ''])
      const again = loadSafetensors(out)
      for (const name of Object.keys(state)) {
        expect(Buffer.compare(bytesOf(again[name].toTypedArray()), bytesOf(state[name].toTypedArray()))).toBe(0)
      }
    }
    const page = join(root, 'pages', 'run.html')
    const other = run('--seed', '1', '--report', page, '--dashboard').stdout.split('\n')
    expect(other.at(-5)).toMatch(/^train loss /)
    expect(other.at(-5)).not.toBe(lines.at(-3))
    expect(other.at(-3)).toBe(`report written to ${page}`)
    expect(other[2]).toMatch(/^dashboard: http:\/\/127\.0\.0\.1:\d+\/$/)
    expect(readFileSync(page, 'utf8')).toContain('"answers":{"epoch":2,"samples":12,')
  })

  it('says so when the loss explodes', () => {
    const model = join(root, 'exploded.safetensors')
    const { status, stderr } = train('--data', digits, '--lr', '1e30', '--out', model)
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^train: the loss became (NaN|Infinity) at step \d+ \(epoch \d, batch \d+ of \d+\); the first output that is not finite is that of \d \(\w+\), \[.*; try a lower --lr than 1e\+30\n$/,
    )
    expect(existsSync(model)).toBe(false)
  })
})

function bytesOf(values: ArrayBufferView): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
}
