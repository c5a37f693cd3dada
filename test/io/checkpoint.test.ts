import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { functional as F, nn, optim, randn, type Tensor, tensor, version } from '../../lib/index.ts'
import { loadCheckpoint, saveCheckpoint } from '../../lib/io/checkpoint.ts'
import { loadSafetensors, saveSafetensors } from '../../lib/io/safetensors.ts'

const root = mkdtempSync(join(tmpdir(), 'strided-checkpoint-'))
afterAll(() => rmSync(root, { recursive: true }))
const path = join(root, 'run.ckpt')

describe('checkpoints', () => {
  it('give back plain data and tensors as they were', () => {
    const state = {
      numbers: [1, -0.1, 2 ** 53 - 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      text: 'a "quoted" ü',
      nested: { yes: true, nothing: null, list: [[], {}, [{ deep: 'x' }]], left: undefined },
    }
    const tensors = { a: tensor([1.5, Number.NaN]), b: { 0: tensor([[1, 2]], { dtype: 'int32' }), 1: tensor([7n]) } }
    saveCheckpoint(path, { ...state, tensors })
    const { tensors: loaded, ...rest } = loadCheckpoint(path)
    const { left: _, ...nested } = state.nested
    expect(rest).toEqual({ ...state, nested })
    expect(Object.keys(rest.nested as object)).not.toContain('left')
    const { a, b } = loaded as typeof tensors
    expect([...a.toTypedArray()]).toEqual([1.5, Number.NaN])
    expect([b[0].dtype, b[0].toArray(), b[1].dtype, b[1].toArray()]).toEqual(['int32', [[1, 2]], 'int64', [7n]])
  })

  it('keep the states of a model and its optimizer, readable as safetensors too', () => {
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4))
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
    const step = () => {
      optimizer.zeroGrad()
      F.mseLoss(
        model.forward(
          tensor([
            [1, 2, 3],
            [4, 5, 7],
          ]),
        ),
        tensor([
          [1, 2, 3, 4],
          [5, 6, 7, 8],
        ]),
      ).backward()
      optimizer.step()
    }
    step()
    saveCheckpoint(path, { model: model.stateDict(), optimizer: optimizer.stateDict() })
    expect(loadSafetensors(path)['model.0.weight'].shape).toEqual([4, 3])
    step()
    const wanted = [...model.parameters()].map((one) => [...one.toTypedArray()])
    const saved = loadCheckpoint(path)
    model.loadStateDict(saved.model as nn.StateDict)
    optimizer.loadStateDict(saved.optimizer as optim.OptimizerState)
    step()
    expect([...model.parameters()].map((one) => [...one.toTypedArray()])).toEqual(wanted)
  })

  it('refuse what is no plain data', () => {
    expect(() => saveCheckpoint(path, { parts: [new nn.ReLU()] })).toThrow(
      'saveCheckpoint: expected plain data and tensors, got an object of class ReLU at parts.0; ' +
        'pass what its stateDict() returns',
    )
    expect(() => saveCheckpoint(path, { big: 1n })).toThrow('got 1n at big')
    expect(() => saveCheckpoint(path, { model: { $tensor: 'x' } })).toThrow(
      'saveCheckpoint: expected no key $tensor, which the format uses itself; at model.$tensor',
    )
  })

  it('tell a damaged file at every byte, a cut one and a foreign one', () => {
    saveCheckpoint(path, { weight: randn([5]), epoch: 3 })
    const bytes = readFileSync(path)
    const broken = join(root, 'broken.ckpt')
    for (let at = 0; at < bytes.length; at += 3) {
      writeFileSync(
        broken,
        Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 4 : byte)),
      )
      expect(() => loadCheckpoint(broken), `byte ${at} of ${bytes.length}`).toThrow()
    }
    const flipped = Uint8Array.from(bytes, (byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte))
    writeFileSync(broken, flipped)
    expect(() => loadCheckpoint(broken)).toThrow(
      /^loadCheckpoint: the file is damaged: its checksum is \w{8}, expected \w{8}; /,
    )
    for (const length of [0, 7, 100, bytes.length - 1]) {
      writeFileSync(broken, bytes.subarray(0, length))
      expect(() => loadCheckpoint(broken)).toThrow(/^loadCheckpoint: .*(bytes|truncated)/)
    }
    expect(() => loadCheckpoint(join(root, 'nowhere'))).toThrow('loadCheckpoint: cannot open the file (ENOENT)')
    saveSafetensors(broken, { a: tensor([1]) })
    expect(() => loadCheckpoint(broken)).toThrow(
      `loadCheckpoint: expected a checkpoint, got a safetensors file without the state of a run; ${broken}`,
    )
    // What a checksum agrees with may be anything all the same.
    for (const [text, message] of [
      [JSON.stringify({ version: 'x', state: {} }), 'expected version 1 of the format, got x'],
      ['no JSON', 'expected the state to be JSON (Unexpected token'],
      ['7', 'expected the state of a run'],
      [`${'['.repeat(501)}${']'.repeat(501)}`, 'expected at most 500 brackets in each other'],
    ]) {
      const checksum = crc32(text).toString(16).padStart(8, '0')
      saveSafetensors(broken, {}, { metadata: { strided_checkpoint: text, checksum } })
      expect(() => loadCheckpoint(broken)).toThrow(`loadCheckpoint: ${message}`)
    }
    expect(() => saveCheckpoint(join(root, 'no', 'folder'), {})).toThrow(
      'saveCheckpoint: cannot write the file (ENOENT)',
    )
  })

  it('of a newer version say so, whatever else is new about them', () => {
    const text = JSON.stringify({ version: 2, state: {}, more: true })
    saveSafetensors(path, {}, { metadata: { strided_checkpoint: text, checksum: 'of another kind' } })
    expect(() => loadCheckpoint(path)).toThrow(
      `loadCheckpoint: expected version 1 of the format or an older one, got 2: a newer strided than ${version} wrote it; ` +
        `install that one to load it; ${path}`,
    )
  })

  it('of every version so far load', () => {
    const saved = loadCheckpoint(join(import.meta.dirname, '..', 'golden', 'checkpoint_v1.ckpt'))
    const { weight } = saved.model as { weight: Tensor }
    expect(weight.toArray()).toEqual([
      [1, -2.5],
      [0.125, 4],
    ])
    expect({ ...saved, model: null }).toEqual({ model: null, epoch: 7, history: [1.5, Number.NaN], note: 'version 1' })
  })
})
