import { readFileSync } from 'node:fs'
import { expect } from 'vitest'

/** Vectors and training runs made with PyTorch; test/golden/vectors/README.md describes the files. */
const folder = new URL('../golden/vectors/', import.meta.url)

export interface GoldenTensor {
  shape: number[]
  data: Float32Array | BigInt64Array | Int32Array
}

export interface Tolerance {
  rtol: number
  atol: number
  tensors?: Record<string, { rtol: number; atol: number }>
}

interface CaseEntry {
  name: string
  group: string
  op: string
  args: Record<string, unknown>
  inputs: Record<string, string>
  outputs: Record<string, string>
  grads?: Record<string, string>
  tolerance: Tolerance
}

/** One operator case with its tensors. */
export interface GoldenCase {
  name: string
  args: Record<string, unknown>
  inputs: Record<string, GoldenTensor>
  outputs: Record<string, GoldenTensor>
  grads: Record<string, GoldenTensor>
  tolerance: Tolerance
}

const arrays = { F32: Float32Array, I64: BigInt64Array, I32: Int32Array }

/** Reads all tensors of a safetensors file under the vectors' folder. */
export function readTensors(file: string): Record<string, GoldenTensor> {
  const bytes = readFileSync(new URL(file, folder))
  const headerLength = Number(bytes.readBigUInt64LE(0))
  const begin = bytes.byteOffset + 8 + headerLength
  const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString()) as Record<
    string,
    { dtype: keyof typeof arrays; shape: number[]; data_offsets: [number, number] }
  >
  const tensors: Record<string, GoldenTensor> = {}
  for (const [key, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (key === '__metadata__') continue
    const raw = bytes.buffer.slice(begin + data_offsets[0], begin + data_offsets[1]) as ArrayBuffer
    tensors[key] = { shape, data: new arrays[dtype](raw) }
  }
  return tensors
}

/** Parses a JSON file under the vectors' folder. */
export function readManifest(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
}

const groups = new Map<string, Record<string, GoldenTensor>>()

function groupTensors(group: string): Record<string, GoldenTensor> {
  const known = groups.get(group) ?? readTensors(`${group}.safetensors`)
  groups.set(group, known)
  return known
}

function pick(tensors: Record<string, GoldenTensor>, keys: Record<string, string>): Record<string, GoldenTensor> {
  return Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, tensors[key]]))
}

/** All cases of `op` for which `wanted` holds; at least one, so that no table of tests is silently empty. */
export function goldenCases(op: string, wanted: (entry: GoldenCase) => boolean = () => true): GoldenCase[] {
  const { cases } = readManifest('manifest.json') as { cases: CaseEntry[] }
  const found = cases
    .filter((entry) => entry.op === op)
    .map((entry) => {
      const tensors = groupTensors(entry.group)
      const { name, args, tolerance } = entry
      const outputs = pick(tensors, entry.outputs)
      return {
        name,
        args,
        tolerance,
        inputs: pick(tensors, entry.inputs),
        outputs,
        grads: pick(tensors, entry.grads ?? {}),
      }
    })
    .filter(wanted)
  if (found.length === 0) throw new Error(`no golden case of ${op}`)
  return found
}

/** The float32 data of a tensor; `null` for an absent one. */
export function floats(golden: GoldenTensor | undefined): Float32Array | null {
  if (golden === undefined) return null
  if (!(golden.data instanceof Float32Array)) throw new Error('expected a float32 golden tensor')
  return golden.data
}

/** The values of an integer tensor as numbers. */
export function integers(golden: GoldenTensor): number[] {
  return Array.from<number | bigint, number>(golden.data, Number)
}

/**
 * Expects `|got − want| ≤ atol + rtol · |want|` for every element; equal infinities match, NaN matches NaN. The
 * message names the first element that is out.
 */
export function expectClose(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { rtol, atol }: { rtol: number; atol: number },
  what = 'tensor',
): void {
  expect(got.length, `${what}: length`).toBe(want.length)
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue
    if (!(Math.abs(got[i] - want[i]) <= atol + rtol * Math.abs(want[i]))) {
      expect.fail(`${what}[${i}]: expected ${want[i]} within atol ${atol}, rtol ${rtol}, got ${got[i]}`)
    }
  }
}

/** Expects the output or gradient called `name` of a case, in the case's own tolerance. */
export function expectGolden(golden: GoldenCase, name: string, got: ArrayLike<number>): void {
  const want = golden.outputs[name] ?? golden.grads[name]
  if (want === undefined) throw new Error(`${golden.name} has no ${name}`)
  if (!(want.data instanceof Float32Array)) {
    expect(Array.from(got, Number), `${golden.name}: ${name}`).toEqual(integers(want))
    return
  }
  expectClose(got, want.data, golden.tolerance.tensors?.[name] ?? golden.tolerance, `${golden.name}: ${name}`)
}
