import { describe, expect, it } from 'vitest'
import { DTypeError, nn, ones, RangeError, randn, type Tensor, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

class Block extends nn.Module {
  scale = new nn.Parameter(ones([2]))
  first = new nn.Linear(2, 2)
  second = new nn.Linear(2, 2, { bias: false })
  label = 'not a module'

  constructor() {
    super()
    this.registerBuffer('runningCount', zeros([1]), { key: 'running_count' })
    this.registerBuffer('scratch', zeros([1]), { persistent: false })
    this.registerBuffer('absent', null)
  }

  override forward(input: Tensor): Tensor {
    return this.second.forward(this.first.forward(input).relu()).mul(this.scale)
  }
}

class Net extends nn.Module {
  block = new Block()
  tail = new nn.Sequential(new nn.Linear(2, 1), new nn.Identity())
  override forward(input: Tensor): Tensor {
    return this.tail.forward(this.block.forward(input))
  }
}

const names = (entries: Iterable<[string, unknown]>) => Array.from(entries, ([name]) => name)

describe('what a module holds', () => {
  it('is found in its fields in the order of assignment', () => {
    const net = new Net()
    expect(names(net.namedParameters())).toEqual([
      'block.scale',
      'block.first.weight',
      'block.first.bias',
      'block.second.weight',
      'tail.0.weight',
      'tail.0.bias',
    ])
    expect([...net.parameters()]).toHaveLength(6)
    expect(names(net.namedBuffers())).toEqual(['block.running_count', 'block.scratch'])
    expect([...net.buffers()]).toHaveLength(2)
    expect(names(net.namedModules())).toEqual(['', 'block', 'block.first', 'block.second', 'tail', 'tail.0', 'tail.1'])
    expect([...net.modules()]).toHaveLength(7)
    expect([names(net.namedChildren()), net.children()]).toEqual([
      ['block', 'tail'],
      [net.block, net.tail],
    ])
  })
  it('appears once when it is shared', () => {
    const shared = new nn.Linear(2, 2)
    const twice = new nn.Sequential(shared, shared)
    expect(names(twice.namedParameters())).toEqual(['0.weight', '0.bias'])
    expect(names(twice.namedModules())).toEqual(['', '0'])
    expect(Object.keys(twice.stateDict())).toEqual(['0.weight', '0.bias', '1.weight', '1.bias'])
  })
  it('refuses a buffer that is no tensor', () => {
    throws(
      () => new Net().registerBuffer('count', 3 as never),
      DTypeError,
      'registerBuffer: expected a tensor or null for "count"',
    )
  })
})

describe('train and eval', () => {
  it('reach every module inside', () => {
    const net = new Net()
    expect(net.eval()).toBe(net)
    expect([...net.modules()].map(({ training }) => training)).toEqual(new Array(7).fill(false))
    net.train()
    expect([...net.modules()].every(({ training }) => training)).toBe(true)
    throws(() => net.train('yes' as never), DTypeError, 'train: expected true or false, got yes')
  })
})

describe('gradients', () => {
  it('are set to null by zeroGrad', () => {
    const net = new Net()
    net
      .forward(randn([3, 2]))
      .sum()
      .backward()
    expect([...net.parameters()].every(({ grad }) => grad !== null)).toBe(true)
    net.zeroGrad()
    expect([...net.parameters()].every(({ grad }) => grad === null)).toBe(true)
  })
  it('can be switched off for all parameters', () => {
    const net = new Net().requiresGrad_(false)
    expect(net.forward(randn([1, 2])).requiresGrad).toBe(false)
  })
})

it('apply visits inner modules first', () => {
  const order: string[] = []
  new Net().apply((module) => order.push(module.constructor.name))
  expect(order).toEqual(['Linear', 'Linear', 'Block', 'Linear', 'Identity', 'Sequential', 'Net'])
})

describe('toString', () => {
  it('is what PyTorch prints', () => {
    expect(String(new Net())).toBe(
      [
        'Net(',
        '  (block): Block(',
        '    (first): Linear(in_features=2, out_features=2, bias=True)',
        '    (second): Linear(in_features=2, out_features=2, bias=False)',
        '  )',
        '  (tail): Sequential(',
        '    (0): Linear(in_features=2, out_features=1, bias=True)',
        '    (1): Identity()',
        '  )',
        ')',
      ].join('\n'),
    )
  })
})

describe('forward hooks', () => {
  it('run before and after forward and may replace what they see', () => {
    const layer = new nn.Identity()
    const seen: unknown[] = []
    const before = layer.registerForwardPreHook((module, [input]) => {
      seen.push(module === layer)
      return [input.add(1)]
    })
    const after = layer.registerForwardHook((_module, [input], output) => {
      seen.push(input.item())
      return output.mul(10)
    })
    const watch = layer.registerForwardHook(() => undefined)
    expect(layer.forward(tensor([1])).item()).toBe(20)
    expect(seen).toEqual([true, 2])
    before.remove()
    expect(layer.forward(tensor([1])).item()).toBe(10)
    after.remove()
    watch.remove()
    expect([layer.forward(tensor([1])).item(), Object.hasOwn(layer, 'forward')]).toEqual([1, false])
  })
  it('wrap a forward that is a field, and give it back', () => {
    const layer = new nn.Identity()
    const own = (input: Tensor) => input.mul(3)
    layer.forward = own
    const handle = layer.registerForwardHook((_module, _inputs, output) => output.add(1))
    expect(layer.forward(tensor([1])).item()).toBe(4)
    handle.remove()
    expect(layer.forward).toBe(own)
  })
})

describe('Parameter', () => {
  it('requires gradients unless told otherwise and shares memory', () => {
    const data = zeros([2])
    const parameter = new nn.Parameter(data)
    data.fill_(3)
    expect([parameter.requiresGrad, parameter.toArray()]).toEqual([true, [3, 3]])
    expect(new nn.Parameter(data, { requiresGrad: false }).requiresGrad).toBe(false)
    expect(parameter.isLazy).toBe(false)
  })
  it('refuses integers', () => {
    throws(() => new nn.Parameter(tensor([1n])), DTypeError, 'Parameter: expected float32, got int64')
  })
})

describe('Sequential and ModuleList', () => {
  it('run modules in order, numbered or named', () => {
    const named = new nn.Sequential({ up: new nn.Identity(), act: new nn.ReLU() })
    expect([named.forward(tensor([-1, 2])).toArray(), names(named.namedChildren()), named.length]).toEqual([
      [0, 2],
      ['up', 'act'],
      2,
    ])
    expect([named.at(-1), [...named]]).toEqual([named.children()[1], named.children()])
    expect(new nn.Sequential().forward(tensor([1])).item()).toBe(1)
  })
  it('hold a list that can grow', () => {
    const list = new nn.ModuleList([new nn.Linear(1, 1)])
    list.append(new nn.ReLU())
    expect([list.length, names(list.namedParameters()), [...list].length]).toEqual([2, ['0.weight', '0.bias'], 2])
    expect(list.at(-1)).toBeInstanceOf(nn.ReLU)
    throws(() => list.at(2), RangeError, 'ModuleList: expected an index below 2, got 2')
    expect(() => list.forward()).toThrow('ModuleList: has no forward of its own; call its modules one by one')
  })
  it('refuse what is no module and names that cannot be', () => {
    throws(() => new nn.Sequential(3 as never), DTypeError, 'Sequential: expected modules, got 3')
    throws(() => new nn.ModuleList(['a' as never]), DTypeError, 'ModuleList: expected modules, got "a"')
    throws(
      () => new nn.Sequential({ 'a.b': new nn.ReLU() }),
      RangeError,
      'Sequential: expected a name that is not empty and has no dot, got "a.b"',
    )
  })
})
