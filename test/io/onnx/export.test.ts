import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  exportOnnx,
  functional as F,
  FormatError,
  nn,
  noGrad,
  optim,
  RangeError,
  randn,
  ShapeError,
  StateError,
  type Tensor,
  tensor,
  zeros,
} from '../../../lib/index.ts'
import { decodeModel } from '../../../lib/io/onnx/schema.ts'
import { expectOnnxToAgree } from '../../support/onnx.ts'

const dir = mkdtempSync(join(tmpdir(), 'strided-onnx-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** A module of one's own, given by its forward. */
class Own extends nn.Module {
  readonly #fn: (input: Tensor, own: Own) => Tensor
  weight = new nn.Parameter(randn([3]))

  constructor(fn: (input: Tensor, own: Own) => Tensor) {
    super()
    this.#fn = fn
  }

  override forward(input: Tensor): Tensor {
    return this.#fn(input, this)
  }
}

const options = { inputShape: [2, 3] }
const exported = (fn: (input: Tensor, own: Own) => Tensor, dynamicBatch = false) =>
  exportOnnx(new nn.Sequential(new nn.Identity(), new Own(fn)), { ...options, dynamicBatch })

describe('exportOnnx', () => {
  it('keeps names of weights and says what goes in and out', () => {
    const conv = new nn.Conv2d(3, 4, 3)
    const model = new nn.Sequential({
      conv,
      norm: new nn.BatchNorm2d(4),
      pool: new nn.GlobalAvgPool(),
      flat: new nn.Flatten(),
    })
    const { graph, opsetImport, irVersion, producerName } = decodeModel(
      exportOnnx(model, { inputShape: [1, 3, 8, 8], dynamicBatch: true }),
    )
    expect([opsetImport[0].version, irVersion, producerName]).toEqual([17n, 8n, 'strided'])
    expect(graph.node.map(({ name, opType }) => [name, opType])).toEqual([
      ['conv/Conv', 'Conv'],
      ['norm/BatchNormalization', 'BatchNormalization'],
      ['pool/GlobalAveragePool', 'GlobalAveragePool'],
      ['flat/Flatten', 'Flatten'],
    ])
    const names = ['conv.weight', 'conv.bias', 'norm.weight', 'norm.bias', 'norm.running_mean', 'norm.running_var']
    expect(graph.initializer.map(({ name }) => name)).toEqual(names)
    const { rawData } = graph.initializer[0]
    expect(Buffer.from(conv.weight.toTypedArray().buffer).equals(rawData)).toBe(true)
    const shapeOf = ({ type }: (typeof graph.input)[0]) =>
      type.tensorType.shape.dim.map(({ dimValue, dimParam }) => dimParam || dimValue)
    expect(graph.input.map((value) => [value.name, shapeOf(value)])).toEqual([['input', ['batch', 3n, 8n, 8n]]])
    expect(graph.output.map((value) => [value.name, shapeOf(value)])).toEqual([['output', ['batch', 4n]]])
  })

  it('writes weights once for layers that are used twice, and leaves out those that nothing reads', () => {
    const { graph } = decodeModel(
      exported((input, own) => input.mul(own.weight).add(own.weight).add(own.weight.square())),
    )
    expect(graph.initializer.map(({ name }) => name)).toEqual(['1.weight'])
    expect(decodeModel(exported((input) => input.relu())).graph.initializer).toEqual([])
  })

  it('gives weights that are called as inputs and outputs another name', async () => {
    class Named extends nn.Module {
      input = new nn.Parameter(randn([3]))
      output = new nn.Parameter(randn([3]))
      output_1 = new nn.Parameter(randn([3]))
      override forward(input: Tensor): Tensor {
        return input.mul(this.input).add(this.output).mul(this.output_1)
      }
    }
    const { graph } = decodeModel(exportOnnx(new Named(), options))
    expect(graph.initializer.map(({ name }) => name)).toEqual(['input_1', 'output_weight', 'output_1_weight'])
    await expectOnnxToAgree(new Named(), [[2, 3]])
  })

  it('refuses an output padding that no border can stand for', () => {
    const layer = new nn.ConvTranspose2d(2, 3, 3, { outputPadding: [0, 1], dilation: 2 })
    expect(() => exportOnnx(layer, { inputShape: [1, 2, 5, 5] })).toThrow(
      'exportOnnx: at ConvTranspose2d: convTranspose2d has no ONNX form: an output padding of 0x1 is too large for ' +
        'stride 1x1 and padding 0x0',
    )
  })

  it('leaves the model as it is, in training mode', () => {
    const model = new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2), new nn.Dropout())
    model
      .forward(randn([4, 3]))
      .sum()
      .backward()
    const state = Object.values(model.stateDict()).map((value) => value.toArray())
    const grads = [...model.parameters()].map((parameter) => parameter.grad)
    const { graph } = decodeModel(exportOnnx(model, options))
    expect(graph.node.map(({ opType }) => opType)).toEqual(['Gemm', 'BatchNormalization'])
    expect(model.training && [...model.children()][2].training).toBe(true)
    expect(Object.values(model.stateDict()).map((value) => value.toArray())).toEqual(state)
    expect([...model.parameters()].map((parameter) => parameter.grad)).toEqual(grads)
    new optim.SGD(model.parameters(), { lr: 0.1 }).step()
  })

  it('writes a file under its name, complete or not at all', () => {
    const path = join(dir, 'model.onnx')
    const model = new nn.Linear(3, 2)
    expect(exportOnnx(model, path, options)).toBeUndefined()
    expect(Buffer.from(exportOnnx(model, options)).equals(readFileSync(path))).toBe(true)
    const missing = join(dir, 'nowhere', 'model.onnx')
    expect(() => exportOnnx(model, missing, options)).toThrow(FormatError)
    expect(() => exportOnnx(model, missing, options)).toThrow(`exportOnnx: cannot write the file (ENOENT); ${missing}`)
    expect(existsSync(missing)).toBe(false)
  })

  it('takes several inputs, and tensors that are neither parameters nor made in forward', async () => {
    const held = randn([3])
    class Two extends nn.Module {
      override forward(...inputs: Tensor[]): Tensor {
        return inputs[0].mul(inputs[1]).add(held)
      }
    }
    await expectOnnxToAgree(new Two(), [
      [2, 3],
      [2, 3],
    ])
    expect(() =>
      exportOnnx(new Two(), {
        inputShape: [
          [2, 3],
          [1, 3],
        ],
        dynamicBatch: true,
      }),
    ).toThrow('exportOnnx: expected inputs of one batch size with dynamicBatch, got [2, 3], [1, 3]')
  })
})

describe('exportOnnx refuses', () => {
  it('ops without ONNX form, naming the module', () => {
    const expectNone = (fn: (input: Tensor, own: Own) => Tensor, message: string) => {
      expect(() => exported(fn)).toThrow(StateError)
      expect(() => exported(fn)).toThrow(`exportOnnx: at 1 (Own): ${message}`)
    }
    expectNone((input) => input.clone().fill_(1), 'fill_ has no ONNX form')
    const record = 'that was computed without a record (by detach, noGrad, a fill or of integers); make it a buffer, or'
    expectNone((input) => input.add(input.detach()), `add reads a tensor [2, 3] ${record} compute it from the input`)
    expectNone((input) => input.add(noGrad(() => input.mul(2))), `add reads a tensor [2, 3] ${record}`)
    expectNone((input) => input.add(zeros([3])), `add reads a tensor [3] ${record}`)
    const empty = 'has no ONNX form: there is nothing to compute for tensors without elements'
    expectNone((input) => F.relu6(input.slice(1, 0, 0)), `slice ${empty}`)
    expectNone((input) => F.pad(input, [0, -3]), `pad ${empty}`)
    expectNone((input) => F.adaptiveAvgPool1d(input.unsqueeze(1), 0), `adaptiveAvgPool1d ${empty}`)
  })

  it('outputs that are not computed from the input, or none', () => {
    expect(() => exported(() => [] as never)).toThrow('exportOnnx: expected a model that returns a tensor, got none')
    expect(() => exported((_, own) => own.weight)).toThrow(
      'exportOnnx: expected outputs that the model computes from its input, got [3] otherwise',
    )
  })

  it('what no graph for any batch can do', () => {
    const end = 'depends on the batch size, which one graph cannot follow; use dynamicBatch: false'
    const expectNone = (fn: (input: Tensor) => Tensor, what: string) => {
      exported(fn)
      expect(() => exported(fn, true)).toThrow(`exportOnnx: at 1 (Own): ${what} ${end}`)
    }
    expectNone((input) => input.div(input.shape[0]), 'a constant []')
    expectNone((input) => input.matmul(input.t()).unsqueeze(1), 'the shape [2, 1, 2]')
    expectNone((input) => (input.shape[0] === 2 ? input.relu() : input.neg()), 'Relu')
    expectNone((input) => input.softmax(input.shape[0] - 2), 'axis of Softmax')
    expect(() => exported((input) => (input.shape[0] === 3 ? input.relu().neg() : input.relu()), true)).toThrow(
      `exportOnnx: at its end: the number of steps ${end}`,
    )
    const numbers = (input: Tensor) => input.add(tensor([input.shape[0]]))
    expectNone(numbers, 'a tensor [1]')
    expect(() => exported((input) => input.squeeze(), true)).toThrow(
      `exportOnnx: at its end: the number of dimensions ${end}`,
    )
    const refusesOne = (input: Tensor) => {
      if (input.shape[0] === 1) throw new Error('more than one, please')
      return input.relu()
    }
    expect(exported(refusesOne, true).length).toBeGreaterThan(0)
  })

  it('more weights than the format holds', () => {
    const model = new Own((input, own) => input.add((own as unknown as { table: Tensor }).table.mean()))
    model.registerBuffer('table', zeros([1]).expand([2 ** 29]))
    expect(() => exportOnnx(model, options)).toThrow(
      `exportOnnx: expected weights of at most ${2 ** 31 - 1} bytes, the format's limit, got ${2 ** 31}`,
    )
  })

  it('shapes and options that are none', () => {
    const model = new nn.Linear(3, 2)
    expect(() => exportOnnx(model, { inputShape: 3 as never })).toThrow(ShapeError)
    expect(() => exportOnnx(model, { inputShape: [2, 4] })).toThrow(/^exportOnnx: at Linear: linear: expected/)
    expect(() => exportOnnx(model, { ...options, opset: 18 } as never)).toThrow(RangeError)
    expect(() => exportOnnx(new nn.LazyLinear(2), options)).toThrow(/^exportOnnx: weight of LazyLinear is not mater/)
  })
})
