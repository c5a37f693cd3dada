import { describe, expect, it } from 'vitest'
import { mergeStatistics } from '../../lib/distributed/sync_statistics.ts'
import { convertSyncBatchNorm, manualSeed, models, nn, randn, SyncBatchNorm } from '../../lib/index.ts'

describe('mergeStatistics', () => {
  const statisticsOf = (values: number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const m2 = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    return { count: values.length, mean: Float64Array.of(mean), m2: Float64Array.of(m2) }
  }

  it('gives the statistics of all values together, whatever their mean', () => {
    const values = Array.from({ length: 12 }, (_, i) => 1e6 + Math.sin(i))
    const merged = mergeStatistics([values.slice(0, 5), values.slice(5, 6), values.slice(6)].map(statisticsOf))
    const expected = statisticsOf(values)
    expect(merged.count).toBe(12)
    expect(merged.mean[0]).toBeCloseTo(expected.mean[0], 8)
    expect(merged.m2[0]).toBeCloseTo(expected.m2[0], 6)
  })

  it('passes over ranks without values', () => {
    const none = { count: 0, mean: Float64Array.of(Number.NaN), m2: Float64Array.of(Number.NaN) }
    const { count, mean, m2 } = mergeStatistics([none, statisticsOf([1, 3])])
    expect([count, mean[0], m2[0]]).toEqual([2, 2, 2])
  })
})

describe('SyncBatchNorm', () => {
  it('is a batch norm of any number of dimensions on one rank', () => {
    for (const [Plain, shape] of [
      [nn.BatchNorm1d, [4, 3]],
      [nn.BatchNorm2d, [4, 3, 2, 2]],
      [nn.BatchNorm3d, [4, 3, 2, 2, 2]],
    ] as const) {
      const [plain, sync] = [new Plain(3), new SyncBatchNorm(3)]
      const input = randn(shape)
      expect(sync.forward(input).toArray()).toEqual(plain.forward(input).toArray())
      for (const name of ['running_mean', 'running_var', 'num_batches_tracked']) {
        expect(sync.stateDict()[name].toArray()).toEqual(plain.stateDict()[name].toArray())
      }
      expect(sync.eval().forward(input).toArray()).toEqual(plain.eval().forward(input).toArray())
    }
  })

  it('refuses other numbers of channels', () => {
    expect(() => new SyncBatchNorm(3).forward(randn([2, 4]))).toThrow(
      'SyncBatchNorm: expected input [N, 3, ...]; input [2, 4]',
    )
    expect(() => new SyncBatchNorm(3).forward(randn([3]))).toThrow(
      'SyncBatchNorm: expected input [N, 3, ...]; input [3]',
    )
  })
})

describe('convertSyncBatchNorm', () => {
  it('replaces the norms of every model that has some, which computes as before', () => {
    manualSeed(2)
    for (const make of [
      () => models.bnLeNet(),
      () => models.resNet18({ numClasses: 4 } as never),
      () => models.mobileNetV2({ numClasses: 4 } as never),
    ]) {
      const model = make()
      const input = randn([2, [...model.parameters()][0].shape[1], 28, 28])
      const before = model.eval().forward(input)
      const names = Object.keys(model.stateDict())
      expect(convertSyncBatchNorm(model)).toBe(model)
      const norms = [...model.modules()].filter((one) => /BatchNorm/.test(one.constructor.name))
      expect(norms.length).toBeGreaterThan(1)
      for (const norm of norms) {
        expect(norm).toBeInstanceOf(SyncBatchNorm)
        expect(norm.training).toBe(false)
      }
      expect(Object.keys(model.stateDict())).toEqual(names)
      const after = model.forward(input).toTypedArray()
      const most = Math.max(
        ...Array.from(before.toTypedArray() as Float32Array, (value, i) => Math.abs(Number(value) - Number(after[i]))),
      )
      expect(most).toBeLessThan(1e-5)
    }
  })

  it('keeps settings, parameters and buffers, and what is shared', () => {
    const norm = new nn.BatchNorm1d(2, { eps: 0.1, momentum: null })
    const parent = new nn.ModuleDict({
      a: norm,
      b: new nn.ModuleList([norm]),
      c: new nn.BatchNorm2d(1, { affine: false, trackRunningStats: false }),
    })
    convertSyncBatchNorm(parent as never)
    const [a, b, c] = [
      parent.get('a'),
      (parent.get('b') as unknown as nn.ModuleList).at(0),
      parent.get('c'),
    ] as unknown as SyncBatchNorm[]
    expect(b).toBe(a)
    expect([a.eps, a.momentum, a.weight, a.runningVar]).toEqual([0.1, null, norm.weight, norm.runningVar])
    expect([c.weight, c.runningMean]).toEqual([null, null])
    const alone = convertSyncBatchNorm(norm)
    expect(alone).toBeInstanceOf(SyncBatchNorm)
  })

  it('refuses norms of unknown size, and modules that hide theirs', () => {
    expect(() => convertSyncBatchNorm(new nn.Sequential(new nn.LazyBatchNorm1d()))).toThrow(
      'convertSyncBatchNorm: expected norms of known size, got lazy 0; run one forward pass first',
    )
    class Hiding extends nn.Module {
      #norm = new nn.BatchNorm1d(2)
      override namedChildren(): [string, nn.Module][] {
        return [['norm', this.#norm]]
      }
      override forward(input: never) {
        return this.#norm.forward(input)
      }
    }
    expect(() => convertSyncBatchNorm(new Hiding())).toThrow(
      'convertSyncBatchNorm: Hiding does not let norm be replaced',
    )
  })
})
