import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadNetwork } from '../../lib/cli/networks.ts'
import { commands } from '../../lib/cli/strided.ts'
import { exportOnnx, loadSafetensorsMetadata, saveSafetensors, tensor } from '../../lib/index.ts'
import { idxImages, idxLabels } from '../data/idx_files.ts'
import { runStrided } from './run_strided.ts'

const root = mkdtempSync(join(tmpdir(), 'strided-command-'))
afterAll(() => rmSync(root, { recursive: true }))
const digits = join(root, 'digits')
const model = join(root, 'model.safetensors')

beforeAll(async () => {
  mkdirSync(digits)
  for (const [prefix, count] of [
    ['train', 60],
    ['t10k', 30],
  ] as const) {
    writeFileSync(join(digits, `${prefix}-images-idx3-ubyte`), idxImages(count, 8, 8))
    writeFileSync(
      join(digits, `${prefix}-labels-idx1-ubyte`),
      idxLabels(Array.from({ length: count }, (_, i) => i % 3)),
    )
  }
  const { code } = await runStrided('train', '--data', digits, '--epochs', '1', '--out', model, '--quiet')
  expect(code).toBe(0)
})

describe('strided', () => {
  it('lists its commands', async () => {
    const { code, stdout } = await runStrided('--help')
    expect(code).toBe(0)
    for (const name of Object.keys(commands)) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    expect(await runStrided()).toEqual({ code: 2, stdout: '', stderr: stdout })
    const { code: unknown, stderr } = await runStrided('learn')
    expect(unknown).toBe(2)
    expect(stderr).toMatch(/^strided: expected a command among train, eval, .*, got "learn"\n$/)
  })

  it('explains every command, and refuses what it does not know in one line', async () => {
    for (const name of Object.keys(commands)) {
      const help = await runStrided(name, '--help')
      expect(help).toMatchObject({ code: 0, stderr: '' })
      expect(help.stdout).toMatch(new RegExp(`^Usage: strided ${name} `))
      expect(help.stdout).toContain('  --help')
      for (const line of help.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
      expect(await runStrided(name, '--speed')).toEqual({
        code: 2,
        stdout: '',
        stderr: `${name}: Unknown option '--speed'; see --help\n`,
      })
    }
    expect((await runStrided('eval')).stderr).toBe('eval: expected an argument, got none; see --help\n')
    expect((await runStrided('info', 'x')).stderr).toBe("info: Unexpected argument 'x'; see --help\n")
    expect((await runStrided('summary', 'a', 'b')).stderr).toBe("summary: Unexpected argument 'b'; see --help\n")
  })

  it('is a program of the package', () => {
    const repository = fileURLToPath(new URL('../..', import.meta.url))
    const { bin } = createRequire(import.meta.url)('../../package.json') as { bin: { strided: string } }
    const file = join(repository, bin.strided)
    expect(readFileSync(file, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
    expect(JSON.parse(execFileSync(process.execPath, [file, 'info', '--json'], { encoding: 'utf8' })).strided).toMatch(
      /^\d/,
    )
  })
})

describe('strided info', () => {
  it('says what computes', async () => {
    const { stdout } = await runStrided('info', '--json', '--threads', '1')
    expect(JSON.parse(stdout)).toMatchObject({ node: process.version, threads: 1, backend: expect.any(String) })
    expect((await runStrided('info')).stdout).toMatch(/^threads +1$/m)
  })
})

describe('strided summary', () => {
  it('shows a saved model and a network by name', async () => {
    expect((await runStrided('summary', model)).stdout).toContain('[1, 20, 8, 8]')
    const { stdout } = await runStrided(
      'summary',
      'bnLeNetResBlock',
      '--input',
      '2x3x32x32',
      '--classes',
      '7',
      '--json',
    )
    const { rows, totals } = JSON.parse(stdout)
    expect(rows[0].outputShapes).toEqual([[2, 7]])
    expect(totals.parameters).toBeGreaterThan(200_000)
  })

  it('refuses what is neither', async () => {
    const foreign = join(root, 'foreign.safetensors')
    saveSafetensors(foreign, { a: tensor([1]) })
    const messages: [string[], string | RegExp][] = [
      [['leNet6'], /^summary: expected a file or a network among .*leNet5.*, got "leNet6"\n$/],
      [['leNet5', '--input', '28'], 'summary: --input: expected sizes such as 3x32x32 or 8x3x32x32, got "28"\n'],
      [
        ['leNet5', '--input', '1x2x2'],
        'summary: leNet5: expected larger images, of which something is left, got 2x2\n',
      ],
      [[foreign], `summary: expected a model that strided train has saved, got one of unknown kind; ${foreign}\n`],
    ]
    for (const [argv, message] of messages) {
      const { code, stderr } = await runStrided('summary', ...argv)
      expect(code).toBe(2)
      if (typeof message === 'string') expect(stderr).toBe(message)
      else expect(stderr).toMatch(message)
    }
  })
})

describe('strided eval', () => {
  it('repeats the accuracy that the training measured', async () => {
    const { test_accuracy: wanted } = loadSafetensorsMetadata(model)
    const { stdout } = await runStrided('eval', model, '--data', digits, '--json')
    const result = JSON.parse(stdout)
    expect(String(result.accuracy)).toBe(wanted)
    expect(result).toMatchObject({ samples: 30, classes: ['0', '1', '2'], top5: 1 })
    expect(result.confusionMatrix.flat().reduce((sum: number, count: number) => sum + count)).toBe(30)
    const text = (await runStrided('eval', model, '--data', digits)).stdout
    expect(text).toMatch(/^class +samples precision +recall {3}most often taken$/m)
    expect(text).toMatch(/^2 +10 +\d+\.\d % +\d+\.\d %/m)
    expect(text).toMatch(/^accuracy \d+\.\d\d % \(\d+ of 30\)$/m)
  })

  it('refuses data of another size', async () => {
    const { code, stderr } = await runStrided('eval', model)
    expect([code, stderr]).toEqual([2, 'eval: expected samples of 1x8x8 as in training, got 1x28x28\n'])
  })
})

describe('strided export', () => {
  it('writes what exportOnnx does, for any batch or for one', async () => {
    const out = join(root, 'model.onnx')
    const { code, stdout, stderr } = await runStrided('export', model, out)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/model\.onnx: input \[N, 1, 8, 8\], \(pixel \/ 255 - 0\.\d+\) \/ 0\.\d+\n$/)
    const network = loadNetwork(model).model
    const bytes = (dynamicBatch: boolean) =>
      Buffer.from(exportOnnx(network, { inputShape: [1, 1, 8, 8], dynamicBatch }))
    expect(Buffer.compare(readFileSync(out), bytes(true))).toBe(0)
    expect((await runStrided('export', model, out, '--batch', '1')).code).toBe(0)
    expect(Buffer.compare(readFileSync(out), bytes(false))).toBe(0)
    expect((await runStrided('export', model)).stderr).toBe('export: expected 2 arguments, got 1; see --help\n')
    expect((await runStrided('export', join(root, 'nowhere'), out)).stderr).toMatch(/^export: .*ENOENT/)
  })

  it('folds batch normalizations where asked', async () => {
    const normed = join(root, 'normed.safetensors')
    const argv = ['--data', digits, '--model', 'bnLeNetResBlock', '--epochs', '1', '--quiet', '--out', normed]
    expect((await runStrided('train', ...argv)).code).toBe(0)
    const sizes = []
    for (const flags of [[], ['--fuse']]) {
      const out = join(root, 'normed.onnx')
      expect(await runStrided('export', normed, out, ...flags)).toMatchObject({ code: 0, stderr: '' })
      sizes.push(readFileSync(out).toString('latin1').split('BatchNormalization').length - 1)
    }
    expect(sizes[0]).toBeGreaterThan(0)
    expect(sizes[1]).toBe(0)
  })
})

const sharp = await import('sharp').then(
  () => true,
  () => false,
)

describe.skipIf(!sharp)('strided predict (skipped where sharp is missing)', () => {
  it('names the classes of images', async () => {
    const files = [3, 4].map((i) => {
      const file = join(root, `${i}.png`)
      const pixels = idxImages(6, 8, 8).subarray(16 + 64 * i, 16 + 64 * (i + 1))
      writeFileSync(file, encode({ width: 8, height: 8, data: Uint8Array.from(pixels), channels: 1 }))
      return file
    })
    const { code, stdout } = await runStrided('predict', model, ...files, '--top', '2')
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.length).toBe(2)
    lines.forEach((line, i) => {
      expect(line).toMatch(new RegExp(`${i + 3}\\.png: \\d \\d+\\.\\d %, \\d \\d+\\.\\d %$`))
    })
    const predictions = JSON.parse((await runStrided('predict', model, files[0], '--json')).stdout)
    expect(
      predictions[0].top.reduce((sum: number, one: { probability: number }) => sum + one.probability, 0),
    ).toBeCloseTo(1, 5)
    expect(predictions[0].class).toBe(predictions[0].top[0].class)
    const broken = join(root, 'broken.png')
    writeFileSync(broken, 'no image')
    const failure = await runStrided('predict', model, broken)
    expect(failure.code).toBe(2)
    expect(failure.stderr).toMatch(/^predict: cannot decode the image \(.*\); .*broken\.png\n$/)
  })
})
