import { describe, expect, it } from 'vitest'
import { FormatError, nn, ones, randn, StateError, tensor, zeros } from '../../lib/index.ts'
import { throws } from '../util/throws.ts'

const model = () =>
  new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.BatchNorm2d(2), new nn.Flatten(), new nn.Linear(8, 3))
const keys = [
  '0.weight',
  '0.bias',
  '1.weight',
  '1.bias',
  '1.running_mean',
  '1.running_var',
  '1.num_batches_tracked',
  '3.weight',
  '3.bias',
]

describe('stateDict', () => {
  it("has PyTorch's names and shapes", () => {
    const state = model().stateDict()
    expect(Object.keys(state)).toEqual(keys)
    expect([
      state['0.weight'].shape,
      state['1.num_batches_tracked'].shape,
      state['1.num_batches_tracked'].dtype,
    ]).toEqual([[2, 1, 3, 3], [], 'int64'])
    expect(Object.values(state).some(({ requiresGrad }) => requiresGrad)).toBe(false)
  })
  it('shares memory with the module', () => {
    const net = model()
    net.stateDict()['3.bias'].fill_(4)
    expect(net.stateDict()['3.bias'].toArray()).toEqual([4, 4, 4])
  })
  it('leaves out buffers that are not persistent', () => {
    const layer = new nn.Identity()
    layer.registerBuffer('scratch', zeros([1]), { persistent: false })
    expect(layer.stateDict()).toEqual({})
  })
  it('needs lazy modules to have seen an input', () => {
    throws(
      () => new nn.Sequential(new nn.LazyLinear(2)).stateDict(),
      StateError,
      'stateDict: 0.weight is not materialised yet; run one forward pass first to infer its shape',
    )
  })
})

describe('loadStateDict', () => {
  it('makes a module compute what another one does', () => {
    const [from, to] = [model(), model()]
    from.forward(randn([2, 1, 4, 4]))
    expect(to.loadStateDict(from.stateDict())).toEqual({ missing: [], unexpected: [] })
    const input = randn([2, 1, 4, 4])
    expect(to.eval().forward(input).equal(from.eval().forward(input))).toBe(true)
    expect(to.stateDict()['1.num_batches_tracked'].item()).toBe(1n)
  })
  it('keeps the parameters themselves and their order in memory', () => {
    const net = new nn.Conv2d(3, 2, 3)
    const { weight } = net
    const { strides } = weight
    const data = randn([2, 3, 3, 3])
    net.loadStateDict({ weight: data, bias: zeros([2]) })
    expect([net.weight === weight, weight.strides, weight.equal(data), weight.requiresGrad]).toEqual([
      true,
      strides,
      true,
      true,
    ])
  })
  it('lists everything that is wrong in one error and changes nothing', () => {
    const net = model()
    const before = Object.entries(net.stateDict()).map(([key, value]) => [key, value.toArray()])
    const state: Record<string, unknown> = {
      ...net.stateDict(),
      '3.weight': ones([3, 9]),
      '1.bias': tensor([1n, 2n]),
      '1.weight': 5,
      extra: zeros([1]),
      '0.weight': ones([2, 1, 3, 3]),
    }
    delete state['0.bias']
    const gone = zeros([3])
    gone.dispose()
    state['3.bias'] = gone
    throws(
      () => net.loadStateDict(state as never),
      FormatError,
      [
        'loadStateDict: 6 problems with the state of Sequential, which is unchanged',
        '  missing: 0.bias',
        '  unexpected: extra',
        '  1.weight: expected a tensor',
        '  1.bias: expected dtype float32, got int64',
        '  3.weight: expected shape [3, 8], got [3, 9]',
        '  3.bias: expected a tensor in use, got a disposed one',
      ].join('\n'),
    )
    expect(Object.entries(net.stateDict()).map(([key, value]) => [key, value.toArray()])).toEqual(before)
  })
  it('allows missing and unexpected names when not strict, but no other shape', () => {
    const net = new nn.Linear(2, 1)
    expect(net.loadStateDict({ bias: tensor([7]), other: zeros([1]) }, { strict: false })).toEqual({
      missing: ['weight'],
      unexpected: ['other'],
    })
    expect(net.bias?.toArray()).toEqual([7])
    throws(
      () => net.loadStateDict({ bias: zeros([2]) }, { strict: false }),
      FormatError,
      'loadStateDict: 1 problem with the state of Linear, which is unchanged\n  bias: expected shape [1], got [2]',
    )
  })
  it('gives lazy modules their shape', () => {
    const lazy = new nn.LazyLinear(2)
    lazy.loadStateDict({ weight: ones([2, 3]), bias: zeros([2]) })
    expect(lazy.forward(ones([1, 3])).toArray()).toEqual([[3, 3]])
    throws(
      () => new nn.LazyLinear(2).loadStateDict({ weight: ones([3, 3]), bias: zeros([2]) }),
      FormatError,
      'loadStateDict: 1 problem with the state of LazyLinear, which is unchanged\n  weight: expected shape [2, 0], got [3, 3]',
    )
  })
})
