import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

describe('strided train', () => {
  const recipe = join(root, 'recipe.json')
  const train = (...argv: string[]) =>
    runStrided('train', '--data', digits, '--out', join(root, 'out.safetensors'), ...argv)

  it('takes a recipe, which the command line overrules', async () => {
    writeFileSync(
      recipe,
      JSON.stringify({
        model: 'bnLeNet',
        epochs: 5,
        optimizer: 'adamw',
        weightDecay: 0.01,
        flip: true,
        crop: 1,
        dropout: null,
        modelOptions: { normLayer: 'batch' },
      }),
    )
    const small = join(root, 'small')
    mkdirSync(small)
    for (const name of ['images-idx3', 'labels-idx1'])
      copyFileSync(join(digits, `train-${name}-ubyte`), join(small, `train-${name}-ubyte`))
    const { code, stdout, stderr } = await train(
      '--recipe',
      recipe,
      '--epochs',
      '1',
      '--json',
      '--model',
      'bnLeNetResBlock',
      '--patience',
      '1',
    )
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const run = JSON.parse(stdout)
    expect(run).toMatchObject({
      epochs: 1,
      optimizer: { name: 'AdamW' },
      model: { file: join(root, 'out.safetensors') },
    })
    expect(run.optimizer.groups.map(({ weightDecay }: { weightDecay: number }) => weightDecay)).toEqual([0.01, 0])
    expect(loadSafetensorsMetadata(join(root, 'out.safetensors'))).toMatchObject({
      model: 'bnLeNetResBlock',
      model_options: '{"normLayer":"batch"}',
    })
  })

  it('takes a module as a recipe, with a network of its own', async () => {
    const file = join(root, 'recipe.ts')
    const library = JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href)
    writeFileSync(
      file,
      `import { nn } from ${library}
       export default {
         epochs: 2,
         model: ({ numClasses, imageSize: [height, width] }: { numClasses: number; imageSize: number[] }) =>
           new nn.Sequential(new nn.Flatten(), new nn.Linear(height * width, numClasses)),
       }`,
    )
    const { code, stdout, stderr } = await train('--recipe', file)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^own network, /m)
    expect(stdout).toMatch(/^epoch 2\/2 {2}train loss/m)
  })

  it('refuses recipes and options that make no sense', async () => {
    const refusal = async (text: string | null, ...argv: string[]) => {
      if (text !== null) writeFileSync(recipe, text)
      const { code, stderr, stdout } = await train(...(text === null ? [] : ['--recipe', recipe]), ...argv)
      expect([code, stdout]).toEqual([2, ''])
      return stderr
    }
    expect(await refusal('{"speed": 1}')).toBe('train: recipe: there is no option "speed"\n')
    expect(await refusal('{"epochs": 0}')).toBe('train: recipe: epochs: expected an integer of at least 1, got 0\n')
    expect(await refusal('{"flip": 1}')).toBe('train: recipe: flip: expected true or false, got 1\n')
    expect(await refusal('[]')).toBe(`train: --recipe: expected an object of options; ${recipe}\n`)
    expect(await refusal('{')).toMatch(/^train: --recipe: expected JSON \(.*\); /)
    expect(await refusal(null, '--recipe', 'nowhere.json')).toBe(
      'train: --recipe: cannot read the file (ENOENT); nowhere.json\n',
    )
    expect(await refusal(null, '--recipe', 'nowhere.mjs')).toMatch(/^train: --recipe: cannot load the module \(/)
    expect(await refusal(null, '--model', 'leNet6')).toMatch(/^train: expected a network among .*, got "leNet6"\n$/)
    expect(await refusal(null, '--model-options', '[]')).toBe(
      'train: --model-options: expected a JSON object, got "[]"\n',
    )
    expect(await refusal(null, '--model-options', '{"depth":3}')).toMatch(
      /^train: leNet5: expected options .*, got "depth"\n$/,
    )
    expect(await refusal(null, '--optimizer', 'lion')).toBe(
      'train: --optimizer: expected sgd, adam, adamw, rmsprop, adagrad, got "lion"\n',
    )
    expect(await refusal(null, '--momentum', 'x')).toBe('train: --momentum: expected a number of at least 0, got "x"\n')
    expect(await refusal(null, '--dropout', '0.5')).toBe(
      'train: --dropout: expected a network with dropout, got leNet5\n',
    )
    expect(await refusal(null, '--resume')).toBe('train: --resume: expected --checkpoints to name a folder\n')
  })

  it('runs every optimizer and schedule', async () => {
    for (const argv of [
      'sgd cosine',
      'adam onecycle',
      'rmsprop step',
      'adagrad plateau',
      'sgd constant',
      'adamw cosine --warmup 2',
    ]) {
      const [optimizer, schedule, ...rest] = argv.split(' ')
      const { code, stderr } = await train(
        '--optimizer',
        optimizer,
        '--schedule',
        schedule,
        '--epochs',
        '2',
        '--quiet',
        ...rest,
      )
      expect([code, stderr], argv).toEqual([0, ''])
    }
  })

  it('stops at Ctrl-C and goes on from its checkpoints with the same bits', async () => {
    const bits = () => readFileSync(join(root, 'out.safetensors')).subarray(-4096).toString('hex')
    const argv = ['--epochs', '3', '--batch-size', '16', '--quiet']
    await train(...argv)
    const whole = bits()
    const checkpoints = join(root, 'checkpoints')
    // A signal that comes late, on a machine under load, must not end the tests.
    const late = () => {}
    process.on('SIGINT', late)
    const timer = setInterval(() => {
      if (!existsSync(join(checkpoints, 'last.ckpt'))) return
      // Once: a second signal ends the process at once.
      clearInterval(timer)
      process.kill(process.pid, 'SIGINT')
    }, 1)
    const stopped = await train(...argv, '--checkpoints', checkpoints, '--every-steps', '1')
    clearInterval(timer)
    process.off('SIGINT', late)
    expect([stopped.code, stopped.stdout]).toEqual([130, ''])
    expect(stopped.stderr).toMatch(/^train: interrupted in epoch \d; go on with --resume\n$/)
    const resumed = await train(...argv, '--checkpoints', checkpoints, '--every-steps', '1', '--resume')
    expect(resumed).toMatchObject({ code: 0, stderr: '' })
    expect(bits()).toBe(whole)
  })

  it('learns rows of a table', async () => {
    const table = join(root, 'table.csv')
    const rows = Array.from({ length: 60 }, (_, i) => `${i % 2 === 0 ? 'even' : 'odd'},${i % 2},${(i * 7) % 5},1`)
    writeFileSync(table, `parity,a,b,c\n${rows.join('\n')}\n`)
    const out = join(root, 'table.safetensors')
    const argv = [
      '--data',
      table,
      '--label',
      'parity',
      '--model',
      'mlp',
      '--dropout',
      '0',
      '--epochs',
      '20',
      '--batch-size',
      '8',
    ]
    const { code, stdout, stderr } = await runStrided('train', ...argv, '--out', out)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^data: .*table\.csv, split into 48 rows to train and 12 to test$/m)
    expect(stdout).toMatch(/^test accuracy 100\.00 % \(12 of 12\)$/m)
    expect(JSON.parse((await runStrided('eval', out, '--data', table, '--json')).stdout)).toMatchObject({
      accuracy: 1,
      classes: ['even', 'odd'],
    })
  })
})

describe('strided crosscheck', () => {
  it('compares the kernels with the reference', async () => {
    const argv = ['--problems', '2', '--threads', '1,2', '--ops', 'conv2d,batchNorm,sum,sgd,dropout']
    const { code, stdout, stderr } = await runStrided('crosscheck', ...argv)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^conv2d +\d\.\de-\d/m)
    expect(stdout).toMatch(/^no mismatch: .*scalar, 1, 2 threads$/m)
  })

  it('ends with 1 where results are further apart than the limit', async () => {
    const { code, stdout, stderr } = await runStrided(
      'crosscheck',
      '--problems',
      '1',
      '--ops',
      'linear',
      '--limit',
      '0',
      '--json',
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(/^crosscheck: linear \[.* on \w+ with 1 thread: error \d\.\de-\d$/m)
    const { results } = JSON.parse(stdout)
    expect(results[0]).toMatchObject({ op: 'linear', problems: 1 })
    expect(results[0].mismatches.length).toBeGreaterThan(0)
  })

  it('refuses what does not exist', async () => {
    expect((await runStrided('crosscheck', '--ops', 'conv4d')).stderr).toMatch(
      /^crosscheck: --ops: expected some of .*, got "conv4d"\n$/,
    )
    expect((await runStrided('crosscheck', '--isas', 'mmx')).stderr).toMatch(
      /^crosscheck: --isas: expected some of .*, got "mmx"\n$/,
    )
    expect((await runStrided('crosscheck', '--threads', '0')).stderr).toBe(
      'crosscheck: --threads: expected numbers from 1 to 256 such as 1,2,8, got "0"\n',
    )
  })
})
