import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decode, encode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const script = fileURLToPath(new URL('../../examples/sobel.ts', import.meta.url))
// By its place, as the process runs in another folder.
const tsx = import.meta.resolve('tsx')
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'strided-sobel-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function run(...args: string[]) {
  // Vitest's own flags are not for this process.
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', tsx, script, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return { stdout, stderr, status }
}

describe('examples/sobel.ts', () => {
  it('finds the one edge of an image in colour, with the border no edge', () => {
    const [width, height] = [6, 4]
    // Red on the left, green, which is brighter, on the right.
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
      const right = Math.floor(i / 3) % width >= 3
      return i % 3 === (right ? 1 : 0) ? 255 : 0
    })
    const [input, output] = [join(folder, 'in.png'), join(folder, 'new', 'out.png')]
    writeFileSync(input, encode({ width, height, data, channels: 3 }))
    const { stdout, stderr, status } = run(input, output)
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(stdout).toBe(`${output}: 6x4, mean edge 0.3333\n`)
    const edges = decode(readFileSync(output))
    expect([edges.width, edges.height, edges.channels]).toEqual([6, 4, 1])
    for (let row = 0; row < height; row++) {
      expect(Array.from(edges.data.subarray(row * width, (row + 1) * width))).toEqual([0, 0, 255, 255, 0, 0])
    }
  })
  it('draws an image when it is given none, and writes both', () => {
    const { stdout, status } = run()
    expect({ stdout, status }).toEqual({ stdout: 'runs/sobel.png: 256x256, mean edge 0.0977\n', status: 0 })
    const [input, edges] = ['sobel_input', 'sobel'].map((name) =>
      decode(readFileSync(join(folder, `runs/${name}.png`))),
    )
    expect([input.width, input.height, edges.width, edges.height]).toEqual([256, 256, 256, 256])
    expect(Math.max(...edges.data)).toBe(255)
    // Flat ground has no edge but the soft slope of the background.
    expect(edges.data[2 * 256 + 2]).toBeLessThan(3)
  })
})
