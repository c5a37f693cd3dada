import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { functional as F, nn, receptiveField, ShapeError, type Tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'
import { TinyResNet } from './models.ts'

const { Conv2d, MaxPool2d, Sequential } = nn

/** Size, stride and start of the last layer along the first dimension. */
function last(model: nn.Module, shape: number[]): number[] {
  const field = receptiveField(model, shape).last
  return field === null ? [] : [field.size[0], field.stride[0], field.start[0]]
}

/** Elements of the input that the gradient of one element of the output reaches, along the last dimension. */
function reached(model: nn.Module, shape: number[], at: number): number[] {
  const input = zeros(shape, { requiresGrad: true })
  const output = model.forward(input)
  let column = output
  for (let i = 0; i < output.ndim - 1; i++) column = column.sum(0)
  const mask = zeros(column.shape)
  mask.narrow(0, at, 1).fill_(1)
  column.mul(mask).sum().backward()
  const gradient = Array.from((input.grad as Tensor).toTypedArray() as Float32Array)
  const size = shape[shape.length - 1]
  return Array.from({ length: size }, (_, i) => i).filter((i) => gradient.some((g, j) => j % size === i && g !== 0))
}

/** A layer with positive weights, so that no gradient cancels. */
function positive<M extends nn.Module>(layer: M): M {
  for (const parameter of layer.parameters()) nn.init.constant(parameter, 1)
  return layer
}

describe('receptiveField', () => {
  it('agrees with where gradients go, for random chains of layers', () => {
    const layer = fc.record({
      kind: fc.constantFrom('conv', 'transposed'),
      kernel: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 3 }),
      padding: fc.integer({ min: 0, max: 2 }),
      dilation: fc.integer({ min: 1, max: 2 }),
    })
    fc.assert(
      fc.property(fc.array(layer, { minLength: 1, maxLength: 3 }), (layers) => {
        // Strides beyond the window leave gaps between what neighbours see, which sizes do not show.
        const usable = layers.filter(({ kind, kernel, stride }) => kind === 'conv' || stride <= kernel)
        const model = new Sequential(
          ...usable.map(({ kind, kernel, stride, padding, dilation }) => {
            if (kind === 'conv') return positive(new nn.Conv1d(1, 1, kernel, { stride, padding, dilation }))
            return positive(new nn.ConvTranspose1d(1, 1, kernel, { stride }))
          }),
        )
        const transposed = usable.some(({ kind }) => kind === 'transposed')
        // So long that the field of the middle never reaches the padding, whose elements would be missing from it.
        const shape = [1, 1, 400]
        const output = model.forward(zeros(shape))
        const at = Math.floor(output.shape[2] / 2)
        if (usable.length === 0) return
        const [size, stride, start] = last(model, shape)
        const indices = reached(model, shape, at)
        const first = start + at * stride
        if (transposed) {
          expect(indices[indices.length - 1] - indices[0] + 1).toBeLessThanOrEqual(Math.ceil(size))
          return
        }
        expect([indices[0], indices[indices.length - 1]]).toEqual([first, first + size - 1])
      }),
      { numRuns: 60, seed: 7 },
    )
  })

  it('grows by convolutions and pooling and jumps by their strides', () => {
    expect(last(new Conv2d(1, 1, 3), [1, 1, 9, 9])).toEqual([3, 1, 0])
    expect(last(new Sequential(new Conv2d(1, 1, 3, { padding: 1 }), new MaxPool2d(2)), [1, 1, 8, 8])).toEqual([
      4, 2, -1,
    ])
    expect(last(new Conv2d(1, 1, 3, { dilation: 4 }), [1, 1, 20, 20])).toEqual([9, 1, 0])
    // The stem of a ResNet.
    const stem = new Sequential(
      new Conv2d(3, 4, 7, { stride: 2, padding: 3 }),
      new MaxPool2d(3, { stride: 2, padding: 1 }),
    )
    expect(last(stem, [1, 3, 224, 224])).toEqual([11, 4, -5])
    expect(last(new nn.Conv3d(1, 1, 3, { stride: 2 }), [1, 1, 9, 9, 9])).toEqual([3, 2, 0])
    expect(last(new nn.LocallyConnected2d(1, 1, 9, 3, { stride: 2 }), [1, 1, 9, 9])).toEqual([3, 2, 0])
    expect(last(new nn.ConvTranspose2d(1, 1, 4, { stride: 2, padding: 1 }), [1, 1, 8, 8])).toEqual([2, 0.5, -1])
    expect(last(new Conv2d(1, 1, 3, { padding: 1, paddingMode: 'reflect' }), [1, 1, 9, 9])).toEqual([3, 1, -1])
  })

  it('gives each dimension its own numbers', () => {
    const field = receptiveField(new Conv2d(1, 1, [3, 5], { stride: [1, 2], padding: [0, 2] }), [1, 1, 16, 16]).last
    expect(field).toMatchObject({ size: [3, 5], stride: [1, 2], start: [0, -2], outputShape: [1, 1, 14, 8] })
  })

  it('spans all branches where they meet', () => {
    class Branches extends nn.Module {
      wide = new Conv2d(2, 2, 5, { padding: 2 })
      narrow = new Conv2d(2, 2, 1)
      tail = new nn.Identity()
      override forward(input: Tensor): Tensor {
        return this.tail.forward(this.wide.forward(input).add(this.narrow.forward(input)))
      }
    }
    expect(last(new Branches(), [1, 2, 8, 8])).toEqual([5, 1, -2])
    expect(last(new TinyResNet(), [1, 3, 8, 8])).toEqual([5, 1, -2])
  })

  it('is everything behind global pooling, flatten and linear layers', () => {
    const model = new Sequential(
      new Conv2d(1, 2, 3, { padding: 1 }),
      new nn.GlobalAvgPool(),
      new nn.Flatten(),
      new nn.Linear(2, 2),
    )
    const { layers, last: open } = receptiveField(model, [1, 1, 8, 8])
    expect(layers.map(({ type, size, stride }) => [type, size[0], stride[0]])).toEqual([
      ['Conv2d', 3, 1],
      ['GlobalAvgPool', 10, 8],
      ['Flatten', 10, 0],
      ['Linear', 10, 0],
    ])
    expect(open?.type).toBe('GlobalAvgPool')
  })

  it('leaves out gates that are the same for the whole image', () => {
    class Gated extends nn.Module {
      conv = new Conv2d(2, 2, 3, { padding: 1 })
      gate = new nn.Linear(2, 2)
      tail = new nn.ReLU()
      override forward(input: Tensor): Tensor {
        const maps = this.conv.forward(input)
        const scale = this.gate
          .forward(maps.mean([2, 3]))
          .sigmoid()
          .reshape([-1, 2, 1, 1])
        return this.tail.forward(maps.mul(scale))
      }
    }
    expect(last(new Gated(), [1, 2, 8, 8])).toEqual([3, 1, -1])
  })

  it('passes through layers without windows: norms, shuffles and padding', () => {
    class Shuffle extends nn.Module {
      conv = new Conv2d(4, 4, 3)
      norm = new nn.BatchNorm2d(4)
      next = new Conv2d(4, 4, 3)
      override forward(input: Tensor): Tensor {
        const [n, , h, w] = input.shape
        const shuffled = input.reshape([n, 2, 2, h, w]).transpose(1, 2).reshape([n, 4, h, w])
        const padded = F.pad(this.norm.forward(this.conv.forward(shuffled)), [1, 1, 1, 1])
        return this.next.forward(padded)
      }
    }
    expect(last(new Shuffle(), [1, 4, 8, 8])).toEqual([5, 1, -1])
    expect(last(new Sequential(new nn.Identity()), [1, 1, 4, 4])).toEqual([1, 1, 0])
  })

  it('is a table', () => {
    const model = new Sequential(new Conv2d(1, 1, [3, 5]), new nn.ReLU())
    expect(String(receptiveField(model, [1, 1, 8, 8])).split('\n')).toEqual([
      'Layer       Output        Size  Stride  Start',
      '─────────────────────────────────────────────',
      '0 (Conv2d)  [1, 1, 6, 4]   3x5       1      0',
      '1 (ReLU)    [1, 1, 6, 4]   3x5       1      0',
      '─────────────────────────────────────────────',
    ])
  })

  it('needs an input that fits', () => {
    throws(
      () => receptiveField(new Conv2d(3, 1, 3), [1, 1, 8, 8]),
      ShapeError,
      'receptiveField: at Conv2d: conv2d: expected input channels to equal weight.shape[1] * groups (3 * 1 = 3), got 1; ' +
        'input [1, 1, 8, 8], weight [1, 3, 3, 3]',
    )
    throws(
      () => receptiveField(new nn.Linear(3, 1), [1, 3]),
      ShapeError,
      'receptiveField: expected an input with spatial dimensions [N, C, ...], got [1, 3]',
    )
  })
})
