import { describe, expect, it } from 'vitest'
import { DTypeError, nn, ones, RangeError, randn, StateError, type Tensor, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const names = (entries: Iterable<[string, unknown]>) => Array.from(entries, ([name]) => name)

describe('Sequential', () => {
  it('grows and changes in place', () => {
    const model = new nn.Sequential(new nn.Identity())
    expect(model.append(new nn.ReLU())).toBe(model)
    const double = new nn.Linear(1, 1, { bias: false })
    double.loadStateDict({ weight: tensor([[2]]) })
    model.set(-2, double)
    expect([names(model.namedChildren()), names(model.namedParameters())]).toEqual([['0', '1'], ['0.weight']])
    expect(model.forward(tensor([[3], [-3]])).toArray()).toEqual([[6], [0]])
    throws(() => model.set(2, double), RangeError, 'Sequential: expected an index below 2, got 2')
    throws(() => model.set(0, 1 as never), DTypeError, 'Sequential: expected modules, got 1')
    throws(() => model.append('a' as never), DTypeError, 'Sequential: expected modules, got "a"')
    const named = new nn.Sequential({ 1: new nn.ReLU() })
    throws(
      () => named.append(new nn.ReLU()),
      RangeError,
      'Sequential: expected the name "1" to be free for the module that is appended',
    )
  })
})

describe('ModuleList', () => {
  it('takes modules in anywhere', () => {
    const [a, b, c, d, e] = Array.from({ length: 5 }, () => new nn.Identity())
    const list = new nn.ModuleList([b])
    list.insert(0, a).extend([d]).insert(-1, c).insert(4, e)
    expect([...list]).toEqual([a, b, c, d, e])
    expect([...list].map((module, i) => module === [a, b, c, d, e][i])).toEqual(new Array(5).fill(true))
    list.set(1, e)
    expect([list.at(1) === e, list.length]).toEqual([true, 5])
    throws(() => list.insert(6, a), RangeError, 'ModuleList: expected an index below 5, got 6')
    throws(() => list.set(0.5, a), RangeError, 'ModuleList: expected an index below 5, got 0.5')
    throws(() => list.at(-6), RangeError, 'ModuleList: expected an index below 5, got -6')
    throws(() => list.extend([3 as never]), DTypeError, 'ModuleList: expected modules, got 3')
  })
})

describe('ModuleDict', () => {
  it('holds modules by name', () => {
    const [a, b] = [new nn.Linear(2, 1), new nn.ReLU()]
    const dict = new nn.ModuleDict({ a })
    expect(dict.set('b', b)).toBe(dict)
    expect([dict.size, dict.get('a') === a, dict.has('c'), dict.get('c')]).toEqual([2, true, false, undefined])
    expect([[...dict.keys()], [...dict.values()].length, names(dict), names(dict.namedParameters())]).toEqual([
      ['a', 'b'],
      2,
      ['a', 'b'],
      ['a.weight', 'a.bias'],
    ])
    expect([dict.delete('b'), dict.delete('b'), dict.size]).toEqual([true, false, 1])
    expect(names(new nn.ModuleDict(new Map([['x', b]])))).toEqual(['x'])
  })
  it('refuses what is no module, names that cannot be, and forward', () => {
    const dict = new nn.ModuleDict()
    throws(() => dict.set('a', 3 as never), DTypeError, 'ModuleDict: expected modules, got 3')
    throws(
      () => dict.set('a.b', new nn.ReLU()),
      RangeError,
      'ModuleDict: expected a name that is not empty and has no dot, got "a.b"',
    )
    throws(() => dict.forward(), StateError, 'ModuleDict: has no forward of its own; call its modules by name')
  })
})

describe('ParameterList', () => {
  class Mixture extends nn.Module {
    parts = new nn.ParameterList([ones([2]), new nn.Parameter(zeros([3]))])
    override forward(input: Tensor): Tensor {
      return this.parts.at(0).mul(input)
    }
  }
  it('trains tensors in a list', () => {
    const model = new Mixture()
    model.parts.append(randn([1]))
    expect([names(model.namedParameters()), model.parts.length, [...model.parts].length]).toEqual([
      ['parts.0', 'parts.1', 'parts.2'],
      3,
      3,
    ])
    model
      .forward(tensor([3, 4]))
      .sum()
      .backward()
    expect(model.parts.at(-3).grad?.toArray()).toEqual([3, 4])
    expect(Object.keys(model.stateDict())).toEqual(['parts.0', 'parts.1', 'parts.2'])
  })
  it('refuses what is no tensor, other positions, and forward', () => {
    const list = new nn.ParameterList()
    throws(() => list.append(3 as never), DTypeError, 'ParameterList: expected tensors, got 3')
    throws(() => list.append(tensor([1n])), DTypeError, 'Parameter: expected float32, got int64')
    throws(() => list.at(0), RangeError, 'ParameterList: expected an index below 0, got 0')
    throws(() => list.forward(), StateError, 'ParameterList: has no forward of its own; use its parameters one by one')
  })
})

describe('hooks', () => {
  it('that are one function twice are two hooks', () => {
    const layer = new nn.Identity()
    const add = (_module: unknown, _inputs: unknown, output: Tensor) => output.add(1)
    const [first] = [layer.registerForwardHook(add), layer.registerForwardHook(add)]
    expect(layer.forward(tensor([0])).item()).toBe(2)
    first.remove()
    first.remove()
    expect(layer.forward(tensor([0])).item()).toBe(1)
  })
  it('may remove themselves while they run', () => {
    const layer = new nn.Identity()
    let calls = 0
    const once = layer.registerForwardHook(() => {
      calls++
      once.remove()
      return undefined
    })
    layer.registerForwardHook((_module, _inputs, output) => output.mul(2))
    expect([layer.forward(tensor([3])).item(), layer.forward(tensor([3])).item(), calls]).toEqual([6, 6, 1])
  })
  it('before forward may return a single input by itself', () => {
    const layer = new nn.Identity()
    layer.registerForwardPreHook((_module, [input]) => input.add(5))
    expect(layer.forward(tensor([1])).item()).toBe(6)
  })
  it('run inside Sequential, whose fusion stands back', () => {
    const [norm, act] = [new nn.BatchNorm2d(2), new nn.ReLU()]
    const model = new nn.Sequential(norm, act)
    const seen: string[] = []
    norm.registerForwardHook((module) => {
      seen.push(module.constructor.name)
      return undefined
    })
    act.registerForwardPreHook((module) => {
      seen.push(module.constructor.name)
      return undefined
    })
    model.forward(randn([2, 2, 3, 3]))
    expect(seen).toEqual(['BatchNorm2d', 'ReLU'])
  })
})
