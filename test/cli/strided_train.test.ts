import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadSafetensorsMetadata } from '../../lib/index.ts'
import { idxImages, idxLabels } from '../data/idx_files.ts'
import { runStrided } from './run_strided.ts'

const root = mkdtempSync(join(tmpdir(), 'strided-command-'))
afterAll(() => rmSync(root, { recursive: true }))
const digits = join(root, 'digits')

beforeAll(() => {
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
