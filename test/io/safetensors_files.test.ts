import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { loadSafetensors, loadSafetensorsMetadata, saveSafetensors, tensor, zeros } from '../../lib/index.ts'
import { python, pythonHas } from '../support/python.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'strided-large-'))
afterAll(() => rmSync(dir, { recursive: true }))

const built = existsSync(join(root, 'dist', 'index.js'))

describe.skipIf(!built)('a large safetensors file (skipped before the first build)', () => {
  const script = join(root, 'test', 'support', 'large_file.mjs')
  const path = join(dir, 'large.safetensors')
  const megabytes = 256

  function grown(action: 'save' | 'load'): { grown: number; shapes: Record<string, number[]> } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, action, path, String(megabytes)], {
      encoding: 'utf8',
      cwd: root,
    })
    expect(status, stderr).toBe(0)
    return JSON.parse(stdout)
  }

  it('is saved without a copy of its tensors and loaded without a second one', () => {
    expect(grown('save').grown).toBeLessThan(40)
    expect(statSync(path).size).toBeGreaterThan(megabytes * 2 ** 20)
    const loaded = grown('load')
    expect(loaded.shapes).toEqual({ large: [(megabytes * 2 ** 20) / 4096, 1024], small: [1] })
    expect(loaded.grown).toBeLessThan(megabytes + 40)
  })
})

// A reader and a writer of their own, by the format's description alone.
const FORMAT = `
import json, struct, sys, torch
TYPES = {torch.float32: 'F32', torch.float64: 'F64', torch.float16: 'F16', torch.bfloat16: 'BF16', torch.int64: 'I64',
         torch.int32: 'I32', torch.int16: 'I16', torch.int8: 'I8', torch.uint8: 'U8', torch.bool: 'BOOL'}
def save(path, tensors, metadata):
    header, parts, end = {'__metadata__': metadata}, [], 0
    for name, t in tensors.items():
        data = bytes(t.contiguous().view(-1).view(torch.uint8).numpy()) if t.numel() else b''
        header[name] = {'dtype': TYPES[t.dtype], 'shape': list(t.shape), 'data_offsets': [end, end + len(data)]}
        parts.append(data)
        end += len(data)
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as f: f.write(struct.pack('<Q', len(text)) + text + b''.join(parts))
def load(path):
    data = open(path, 'rb').read()
    size, = struct.unpack('<Q', data[:8])
    header, body = json.loads(data[8:8 + size]), data[8 + size:]
    kinds = {name: dtype for dtype, name in TYPES.items()}
    result = {}
    for name, entry in header.items():
        if name == '__metadata__': continue
        begin, end = entry['data_offsets']
        part = torch.frombuffer(bytearray(body[begin:end]), dtype=kinds[entry['dtype']]) if end > begin else torch.empty(0)
        result[name] = part.reshape(entry['shape'])
    return result
`

describe.skipIf(!pythonHas('torch'))('PyTorch (skipped where python3 has no torch)', () => {
  it('writes files of every element type that we read as it does', () => {
    const path = join(dir, 'torch.safetensors')
    const program = `${FORMAT}
torch.manual_seed(0)
x = torch.randn(3, 5) * 100
tensors = {'F32': x, 'F64': x.double() / 3, 'F16': x.half(), 'BF16': x.bfloat16(), 'I64': (x * 1e9).long(),
           'I32': x.int(), 'I16': x.short(), 'I8': x.char(), 'U8': x.abs().byte(), 'BOOL': x > 0,
           'scalar': torch.tensor(2.5), 'empty': torch.empty(0, 3), 'last': torch.tensor([1., float('nan'), -float('inf')])}
save(sys.argv[1], tensors, {'format': 'pt', 'text': 'ü"\\\\'})
as_numbers = lambda t: t.float() if t.is_floating_point() else t.long()
print(json.dumps({name: as_numbers(t).reshape(-1).tolist() for name, t in tensors.items()}))
`
    const expected = JSON.parse(python(program, [path]).replaceAll(/-?(NaN|Infinity)/g, '"$&"'))
    const loaded = loadSafetensors(path)
    expect(Object.keys(loaded).sort()).toEqual(Object.keys(expected).sort())
    for (const [name, values] of Object.entries<number[]>(expected)) {
      expect(Array.from(loaded[name].toTypedArray(), Number), name).toEqual(values.map(Number))
    }
    expect([loaded.F32.shape, loaded.scalar.shape, loaded.empty.shape]).toEqual([[3, 5], [], [0, 3]])
    expect(['F16', 'I64', 'I8', 'BOOL'].map((name) => loaded[name].dtype)).toEqual([
      'float32',
      'int64',
      'int32',
      'uint8',
    ])
    expect(loadSafetensorsMetadata(path)).toEqual({ format: 'pt', text: 'ü"\\' })
  })

  it('reads files that we write', () => {
    const path = join(dir, 'ours.safetensors')
    const tensors = {
      'a.weight': tensor([
        [1.5, -2],
        [3e-40, 4],
      ]),
      steps: tensor(BigInt64Array.of(2n ** 40n)),
      mask: tensor(Uint8Array.of(0, 255)),
      labels: tensor(Int32Array.of(-7)),
      none: zeros([2, 0]),
    }
    saveSafetensors(path, tensors, { metadata: { format: 'pt' } })
    const program = `${FORMAT}
t = load(sys.argv[1])
assert torch.equal(t['a.weight'], torch.tensor([[1.5, -2], [3e-40, 4]])), t
assert t['steps'].item() == 2 ** 40 and t['mask'].tolist() == [0, 255] and t['labels'].dtype == torch.int32
assert list(t['none'].shape) == [2, 0]
print(open(sys.argv[1], 'rb').read(8)[0] % 8)
`
    expect(python(program, [path]).trim()).toBe('0')
  })

  it.skipIf(!pythonHas('safetensors.torch'))('reads them by its own library (skipped where that is absent)', () => {
    const path = join(dir, 'library.safetensors')
    saveSafetensors(path, { a: tensor([[1, 2]]) }, { metadata: { format: 'pt' } })
    const program = 'import sys, safetensors.torch as s; print(s.load_file(sys.argv[1])["a"].tolist())'
    expect(python(program, [path]).trim()).toBe('[[1.0, 2.0]]')
  })
})
