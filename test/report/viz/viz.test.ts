import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { afterAll, describe, expect, it } from 'vitest'
import { nn, tensor, viz, zeros } from '../../../lib/index.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-viz-'))
afterAll(() => rmSync(dir, { recursive: true }))
const path = join(dir, 'picture.png')
const written = () => decode(readFileSync(path))

describe('viz', () => {
  it('writes a grid of images', () => {
    viz.grid(tensor([0, 0.2, 1, 2], { shape: [2, 1, 1, 2] }), path, { padding: 1 })
    expect(written()).toMatchObject({ width: 7, height: 3, channels: 1 })
    expect([...written().data.slice(7, 14)]).toEqual([0, 0, 51, 0, 255, 255, 0])
    viz.grid(tensor([-1, 0, 1], { shape: [1, 3, 1, 1] }), path, { padding: 0, scale: 2, valueRange: null })
    expect([...written().data]).toEqual([0, 128, 255, 0, 128, 255, 0, 128, 255, 0, 128, 255])
  })

  it('writes filters, grey for 0', () => {
    viz.filters(tensor([-2, 0, 1, 2], { shape: [2, 2, 1, 1] }), path, { padding: 0, scale: 1 })
    expect([...written().data]).toEqual([0, 128, 191, 255])
    viz.filters(new nn.Sequential(new nn.Conv2d(3, 10, 5)), path)
    expect(written()).toMatchObject({ width: 8 * 42 + 2, height: 2 * 42 + 2, channels: 3 })
  })

  it('writes the maps of a layer', () => {
    const model = new nn.Sequential(new nn.Conv2d(1, 2, 1, { bias: false }), new nn.ReLU())
    model.loadStateDict({ '0.weight': tensor([1, -1], { shape: [2, 1, 1, 1] }) })
    viz.featureMaps(model, tensor([-1, 0, 1], { shape: [1, 1, 1, 3] }), '1', path, { padding: 0 })
    expect([...written().data]).toEqual([0, 0, 255, 255, 0, 0])
    expect(model.training).toBe(true)
  })

  it('refuses what is no picture', () => {
    expect(() => viz.grid(zeros([2, 2]), path)).toThrow(
      'grid: expected images [N, C, H, W] with 1 or 3 channels; images [2, 2]',
    )
    expect(() => viz.filters(zeros([2, 2]), path)).toThrow('filters: expected a weight [O, I, KH, KW], got [2, 2]')
    expect(() => viz.filters(new nn.ReLU(), path)).toThrow(
      'filters: expected a weight [O, I, KH, KW], got a model without one',
    )
    expect(() => viz.featureMaps(new nn.ReLU(), zeros([1, 1, 2, 2]), 'conv', path)).toThrow(
      'featureMaps: expected a layer of the model that makes [N, C, H, W], got "conv"',
    )
    expect(() => viz.grid(zeros([1, 1, 2, 2]), join(dir, 'none', 'a.png'))).toThrow(
      'grid: cannot write the file (ENOENT)',
    )
  })
})
