import { describe, expect, it } from 'vitest'
import { functional as F, memory, nn, noGrad, randn, type Tensor, tensor } from '../../lib/index.ts'

const storages = () => memory().storages

/** How many storages `fn` leaves behind, with what it returns kept alive. */
function left<T>(fn: () => T): [number, T] {
  const before = storages()
  const result = fn()
  return [storages() - before, result]
}

function network(): nn.Sequential {
  return new nn.Sequential(
    new nn.Conv2d(3, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Sequential(new nn.Dropout2d({ p: 0.1 }), new nn.Flatten(), new nn.Identity()),
    new nn.Linear(64, 10),
    new nn.LogSoftmax(1),
  )
}

describe('memory', () => {
  it('after forward and backward holds gradients, output and loss beside what was there', () => {
    const model = network()
    const input = randn([2, 3, 8, 8])
    const target = tensor([1, 2], { dtype: 'int32' })
    const parameters = [...model.parameters()]
    const [count, [output, loss]] = left(() => {
      const made = model.forward(input)
      const result = F.crossEntropy(made, target)
      result.backward()
      return [made, result] as const
    })
    expect(count).toBe(parameters.length + 2)
    output.dispose()
    loss.dispose()
    const [released] = left(() => model.zeroGrad())
    expect(released).toBe(-parameters.length)
  })

  it('after an error in the middle of backward holds nothing that only backward needed', () => {
    const model = network()
    const input = randn([2, 3, 8, 8])
    const target = tensor([1, 2], { dtype: 'int32' })
    const [count, [output, loss]] = left(() => {
      const made = model.forward(input)
      made.registerHook(() => {
        throw new Error('in the middle')
      })
      const result = F.crossEntropy(made, target)
      expect(() => result.backward()).toThrow('in the middle')
      return [made, result] as const
    })
    // The output, the loss, and the gradient that the hook saw and may have kept.
    expect(count).toBe(3)
    expect(() => loss.backward()).toThrow('backward: the graph was released by an earlier backward')
    output.dispose()
    loss.dispose()
  })

  it('after an error of a graph that was to be retained holds it, for another backward', () => {
    const model = network()
    const input = randn([2, 3, 8, 8])
    const output = model.forward(input)
    let fails = true
    output.registerHook(() => {
      if (fails) throw new Error('in the middle')
      return undefined
    })
    const loss = F.crossEntropy(output, tensor([1, 2], { dtype: 'int32' }))
    expect(() => loss.backward(undefined, { retainGraph: true })).toThrow('in the middle')
    fails = false
    loss.backward()
    expect([...model.parameters()].every(({ grad }) => grad !== null)).toBe(true)
  })

  it('under noGrad holds only the output of a sequence', () => {
    const model = network()
    const input = randn([2, 3, 8, 8])
    const [count, output] = left(() => noGrad(() => model.forward(input)))
    expect([count, output.shape]).toEqual([1, [2, 10]])
  })

  it('is flat over steps that dispose their loss', () => {
    const model = network()
    const input = randn([2, 3, 8, 8])
    const target = tensor([1, 2], { dtype: 'int64' })
    const step = () => {
      model.zeroGrad()
      const output = model.forward(input)
      const loss = F.crossEntropy(output, target)
      loss.backward()
      output.dispose()
      loss.dispose()
    }
    step()
    const before = memory()
    for (let i = 0; i < 5; i++) step()
    expect([storages(), memory().live]).toEqual([before.storages, before.live])
  })

  it('of what backward needs is given back during backward', () => {
    const x = randn([1000], { requiresGrad: true })
    const [count] = left(() => {
      const y = x.exp()
      const loss = y.square().sum()
      loss.backward()
      for (const item of [y, loss]) item.dispose()
    })
    // What is left: the gradient, and y² whose tensor is only garbage by now.
    expect(count).toBe(2)
  })

  it('of gradients in between is not shared with what hooks and users hold', () => {
    const x = randn([4], { requiresGrad: true })
    const y = x.mul(2)
    const seen: Tensor[] = []
    y.registerHook((grad) => {
      seen.push(grad)
      return undefined
    })
    y.sum().backward()
    x.mul(5).sum().backward()
    expect(seen[0].toArray()).toEqual([1, 1, 1, 1])
    expect(x.grad?.toArray()).toEqual([7, 7, 7, 7])
  })

  it('of a gradient that was read stays valid after zeroGrad', () => {
    const layer = new nn.Linear(2, 1)
    layer
      .forward(randn([3, 2]))
      .sum()
      .backward()
    const grad = layer.weight.grad as Tensor
    layer.zeroGrad()
    expect(layer.weight.grad).toBeNull()
    expect(grad.toTypedArray()).toHaveLength(2)
  })

  it('of tensors that user code can see is never taken by a sequence', () => {
    class Stash extends nn.Module {
      kept: Tensor[] = []
      override forward(input: Tensor): Tensor {
        const output = input.mul(2)
        this.kept.push(input, output)
        return output
      }
    }
    const stash = new Stash()
    const model = new nn.Sequential(
      new nn.ReLU(),
      new nn.Sequential(stash, new nn.Identity()),
      new nn.Sequential(new nn.Identity()),
      new nn.ReLU(),
      new nn.ReLU(),
    )
    const input = randn([2, 2])
    model.forward(input)
    expect([input, ...stash.kept].map(({ disposed }) => disposed)).toEqual([false, false, false])
  })

  it('of tensors that forward hooks can see is never taken by a sequence', () => {
    const first = new nn.ReLU()
    const seen: Tensor[] = []
    const handle = first.registerForwardHook((_module, inputs, output) => {
      seen.push(...inputs, output)
      return undefined
    })
    const model = new nn.Sequential(new nn.Flatten(), first, new nn.ReLU())
    model.forward(randn([2, 2, 2]))
    expect(seen.map(({ disposed }) => disposed)).toEqual([false, false])
    handle.remove()
    expect(left(() => noGrad(() => model.forward(randn([2, 2, 2]))))[0]).toBe(2)
  })
})
