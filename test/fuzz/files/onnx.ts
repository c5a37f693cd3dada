import fc from 'fast-check'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { exportOnnx, manualSeed, nn, noGrad, randn, StridedError, Tensor, tensor } from '../../../lib/index.ts'
import { applyChange, change } from '../hostile.ts'
import { makeLeaf } from '../leaves.ts'
import { call } from '../ops.ts'
import { decode, type Program, type Step } from '../program.ts'
import { families } from '../programs/index.ts'

/** Names of fields that a graph has a use of its own for, and others that are hard to write down. */
const NAMES = ['weight', 'input', 'output', 'output_0', 'constant', 'Conv', 'a/b', '💥', ' ', '"', 'é'.repeat(200), '1']

const name = fc.constantFrom(...NAMES)

/** A model that runs a program: its first leaf is the input, the others are parameters or buffers, layers are modules inside. */
class Programmed extends nn.Module {
  readonly #steps: readonly Step[]
  readonly #leaves: string[]
  readonly #layers = new Map<number, string>()

  constructor({ leaves, steps }: Program, names: readonly string[]) {
    super()
    manualSeed(1)
    this.#steps = steps
    const fields = this as unknown as Record<string, unknown>
    const fieldFor = (i: number): string => {
      const wanted = names[i % names.length]
      return Object.hasOwn(fields, wanted) ? `${wanted}_${i}` : wanted
    }
    this.#leaves = leaves.slice(1).map((leaf, i) => {
      const field = fieldFor(i)
      const value = makeLeaf({ ...leaf, grad: false })
      if (leaf.grad) fields[field] = new nn.Parameter(value)
      else this.registerBuffer(field, value)
      return field
    })
    for (const [i, [op, , ...args]] of steps.entries()) {
      if (!op.startsWith('nn.')) continue
      const Layer = nn[op.slice(3) as 'ReLU'] as unknown as new (...args: unknown[]) => nn.Module
      const field = fieldFor(leaves.length + i)
      fields[field] = new Layer(...args.map((arg) => decode(arg, [])))
      this.#layers.set(i, field)
    }
  }

  override forward(input: Tensor): Tensor {
    const fields = this as unknown as Record<string, never>
    const values: unknown[] = [input, ...this.#leaves.map((field) => fields[field])]
    for (const [i, [op, ...args]] of this.#steps.entries()) {
      const layer = this.#layers.get(i)
      const given = decode(args, values) as unknown[]
      values.push(layer === undefined ? call(op, given) : (fields[layer] as nn.Module).forward(given[0] as Tensor))
    }
    return values.at(-1) as Tensor
  }
}

/** Loads a file and runs it with numbers for its inputs; the shapes of what it computes. */
async function runOnnx(bytes: Uint8Array, shapes: readonly (readonly number[])[]): Promise<(readonly number[])[]> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 })
  try {
    const feeds = session.inputNames.map((one, i) => {
      const input = randn([...shapes[i]])
      return [one, new OrtTensor('float32', input.toTypedArray() as Float32Array, [...shapes[i]])]
    })
    const outputs = await session.run(Object.fromEntries(feeds))
    return session.outputNames.map((one) => outputs[one].dims)
  } finally {
    await session.release()
  }
}

/** Shapes of the tensors that a model computes from such an input; null where it refuses the input. */
function shapesOf(model: nn.Module, shape: readonly number[]): (readonly number[])[] | null {
  let value: unknown
  try {
    value = noGrad(() => model.eval().forward(randn([...shape])))
  } catch (error) {
    if (error instanceof StridedError) return null
    throw error
  }
  return (Array.isArray(value) ? value : [value]).flatMap((one) => (one instanceof Tensor ? [one.shape] : []))
}

/** Whether a model was exported, to a file that is whole, or refused. */
async function exported(make: () => nn.Module, shape: unknown, dynamicBatch: unknown): Promise<'read' | 'refused'> {
  let bytes: Uint8Array
  let model: nn.Module
  try {
    model = make()
    bytes = exportOnnx(model, { inputShape: shape as number[], dynamicBatch: dynamicBatch as boolean })
  } catch (error) {
    if (error instanceof StridedError) return 'refused'
    throw error
  }
  const input = shape as number[]
  const expected = shapesOf(model, input)
  // A batch that the model itself refuses, though the graph was made for others.
  if (expected === null) return 'refused'
  const got = await runOnnx(bytes, [input])
  if (JSON.stringify(got) !== JSON.stringify(expected)) {
    throw new Error(`ONNX Runtime computes ${JSON.stringify(got)}, the model ${JSON.stringify(expected)}`)
  }
  return 'read'
}

const programs = fc
  .oneof(...Object.entries(families).flatMap(([family, one]) => (family.startsWith('optim') ? [] : [one])))
  // Whoever trains within a forward pass, or has no input of floats, exports nothing.
  .filter(
    ({ leaves, steps }) =>
      leaves.length > 0 &&
      (leaves[0].dtype ?? 'float32') === 'float32' &&
      !steps.some(([op]) => op.startsWith('optim.')),
  )

const changed = fc
  .tuple(programs, fc.array(change, { maxLength: 1 }))
  .map(([program, changes]) => changes.reduce(applyChange, program))

/** What an option is, or what it must not be. */
const wrongShapes = fc.constantFrom<unknown>(null, 3, [], [0], [-1, 3], [1.5], ['3'], [[2, 3], 'x'], [2 ** 60, 2], {})
const batches = fc.oneof({ weight: 8, arbitrary: fc.boolean() }, fc.constantFrom<unknown>(null, 'yes', 0, {}))

type Verdict = (verdict: 'read' | 'refused') => void

/** Models of random calls, many of them illegal, and options of all kinds. */
function graphs(note: Verdict): fc.IAsyncProperty<[Program, string[], unknown, unknown]> {
  const names = fc.array(name, { minLength: 1, maxLength: 4 })
  const shape = fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, wrongShapes)
  return fc.asyncProperty(changed, names, shape, batches, async (program, given, wrong, batch) => {
    note(await exported(() => new Programmed(program, given), wrong ?? program.leaves[0].shape, batch))
  })
}

/** What an entry of a state dict is replaced by; none takes it away. */
const entries: readonly ((shape: readonly number[]) => unknown)[] = [
  (shape) => tensor(Float32Array.of(Number.NaN)).expand([...shape]),
  (shape) =>
    tensor(Float32Array.of(Number.POSITIVE_INFINITY, -0))
      .sum()
      .expand([...shape]),
  (shape) => randn([...shape]).mul(1e-40),
  (shape) => randn([...shape, 1]),
  (shape) => randn(shape.slice(1)),
  (shape) => randn([...shape]).to('int32'),
  () => tensor(Int32Array.of(1)),
  () => randn([0]),
  () => 3,
  () => null,
  () => 'weight',
  () => [1, 2],
  () => undefined,
]

interface Edit {
  at: number
  to: number
  name: string | null
}

const KEYS = ['__proto__', 'constructor', 'conv.weight.0', '', 'toString', 'conv']

/** A small network whose state was changed in some places. */
function withState(edits: readonly Edit[], strict: unknown): nn.Module {
  manualSeed(2)
  const model = new nn.Sequential({
    conv: new nn.Conv2d(2, 3, 3),
    norm: new nn.BatchNorm2d(3),
    act: new nn.PReLU(),
    pool: new nn.GlobalAvgPool(),
    flat: new nn.Flatten(),
    head: new nn.Linear(3, 4),
  })
  const state: Map<string, unknown> = new Map(Object.entries(model.stateDict()))
  for (const { at, to, name: key } of edits) {
    const own = [...state.keys()].filter((one) => state.get(one) instanceof Tensor)
    if (own.length === 0) break
    const chosen = own[at % own.length]
    const made = entries[to % entries.length]((state.get(chosen) as Tensor).shape)
    if (key !== null) state.set(key, made)
    else if (made === undefined) state.delete(chosen)
    else state.set(chosen, made)
  }
  model.loadStateDict(Object.fromEntries(state) as Record<string, Tensor>, { strict: strict as boolean })
  return model
}

/** State dicts with wrong shapes, types, names and numbers. */
function states(note: Verdict): fc.IAsyncProperty<[Edit[], unknown, unknown]> {
  const edit = fc.record({
    ...{ at: fc.nat(20), to: fc.nat(entries.length - 1) },
    name: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, fc.constantFrom(...KEYS)),
  })
  const strict = fc.constantFrom<unknown>(true, false, false, undefined, null)
  return fc.asyncProperty(fc.array(edit, { maxLength: 3 }), strict, batches, async (edits, strictly, batch) => {
    note(await exported(() => withState(edits, strictly), [2, 2, 5, 6], batch))
  })
}

/** What the ONNX writer is given, by name. */
export const onnxInputs: Readonly<Record<string, (note: Verdict) => fc.IAsyncProperty<unknown>>> = {
  'onnx graphs': graphs as never,
  'onnx states': states as never,
}
