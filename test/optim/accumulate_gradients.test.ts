import { describe, expect, it } from 'vitest'
import { functional as F, nn, optim, RangeError, randn, ShapeError, type Tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const gradsOf = (model: nn.Module): Tensor[] => [...model.parameters()].map(({ grad }) => grad!.clone())

/** Gradients of one large batch, and those of micro-batches of `size` samples. */
function bothWays(model: nn.Module, size: number, reduction: 'mean' | 'sum') {
  const batch = [randn([10, 3]), randn([10, 2])] as const
  const lossOf = (input: Tensor, target: Tensor) => F.mseLoss(model.forward(input), target, { reduction })
  model.zeroGrad()
  const whole = lossOf(...batch)
  whole.backward()
  const want = gradsOf(model)
  model.zeroGrad()
  const loss = optim.accumulateGradients(optim.splitBatch(batch, size), lossOf, { reduction })
  return { want, got: gradsOf(model), whole: Number(whole.item()), loss }
}

describe('accumulateGradients', () => {
  it('gives loss and gradients of one large batch, whatever the sizes', () => {
    const model = new nn.Sequential(new nn.Linear(3, 5), new nn.LayerNorm(5), new nn.ReLU(), new nn.Linear(5, 2))
    for (const reduction of ['mean', 'sum'] as const) {
      for (const size of [1, 4, 10, 99]) {
        const { want, got, whole, loss } = bothWays(model, size, reduction)
        expect(loss).toBeCloseTo(whole, 4)
        got.forEach((grad, i) => {
          expect(grad.allclose(want[i], { rtol: 1e-4, atol: 1e-5 }), `${reduction} ${size}`).toBe(true)
        })
      }
    }
  })
  it('adds to the gradients that are there', () => {
    const layer = new nn.Linear(1, 1, { bias: false })
    const step = () => optim.accumulateGradients([[zeros([2, 1]).add(3)]], (input) => layer.forward(input).mean())
    step()
    step()
    expect(layer.weight.grad!.toArray()).toEqual([[6]])
  })
  it('lets batch norm see each micro-batch by itself', () => {
    const norm = new nn.BatchNorm1d(3)
    const batch = randn([8, 3])
    optim.accumulateGradients(optim.splitBatch([batch], 4), (input) => norm.forward(input).square().mean())
    expect(norm.numBatchesTracked!.item()).toBe(2n)
    const alone = new nn.BatchNorm1d(3)
    for (const [part] of optim.splitBatch([batch], 4)) alone.forward(part)
    expect(norm.runningMean!.equal(alone.runningMean!)).toBe(true)
    expect(norm.runningVar!.equal(alone.runningVar!)).toBe(true)
  })
})

describe('splitBatch', () => {
  it('cuts all tensors alike, in their own memory', () => {
    const input = randn([5, 2])
    const parts = optim.splitBatch([input, zeros([5])], 2)
    expect(parts.map((part) => part.map(({ shape }) => shape))).toEqual([
      [[2, 2], [2]],
      [[2, 2], [2]],
      [[1, 2], [1]],
    ])
    expect(parts[1][0].storage).toBe(input.storage)
  })
})

describe('errors', () => {
  it('name batches that do not fit', () => {
    throws(
      () => optim.splitBatch([zeros([4, 2]), zeros([3])], 2),
      ShapeError,
      'splitBatch: expected tensors with equally many samples; shapes [4, 2], [3]',
    )
    throws(
      () => optim.splitBatch([], 2),
      ShapeError,
      'splitBatch: expected tensors with equally many samples; shapes none',
    )
    throws(
      () => optim.splitBatch([zeros([4])], 0),
      RangeError,
      'splitBatch: expected size to be an integer of at least 1, got 0',
    )
    throws(
      () => optim.accumulateGradients([[zeros([4, 2]), zeros([3])]], (input) => input),
      ShapeError,
      'accumulateGradients: expected tensors with equally many samples; shapes [4, 2], [3]',
    )
    throws(
      () => optim.accumulateGradients([], (input) => input),
      ShapeError,
      'accumulateGradients: expected at least one sample, got none',
    )
  })
  it('name losses and options', () => {
    throws(
      () => optim.accumulateGradients([[zeros([4, 2])]], (input) => input),
      ShapeError,
      'accumulateGradients: expected a loss of one element, got 8; loss [4, 2]',
    )
    throws(
      () => optim.accumulateGradients([[zeros([1])]], (input) => input, { reduction: 'none' as never }),
      RangeError,
      'accumulateGradients: expected reduction to be one of "mean", "sum", got "none"',
    )
    throws(
      () => optim.accumulateGradients([[zeros([1])]], (input) => input, { scale: 2 } as never),
      RangeError,
      'accumulateGradients: expected options reduction, got "scale"',
    )
  })
})
