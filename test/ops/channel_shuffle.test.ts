import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arange, cat, functional as F, nn, RangeError, randn, ShapeError, zeros } from '../../lib/index.ts'
import { interleaveChannels } from '../../lib/ops/channel_shuffle.ts'
import { throws } from '../util/throws.ts'
import { checkGrads } from './check_grads.ts'

describe('channelShuffle', () => {
  it('deals the channels of each group out in turn', () => {
    const input = arange(6).to('float32').reshape([1, 6, 1])
    expect(F.channelShuffle(input, 2).toArray()).toEqual([[[0], [3], [1], [4], [2], [5]]])
    expect(F.channelShuffle(input, 3).toArray()).toEqual([[[0], [2], [4], [1], [3], [5]]])
    expect(new nn.ChannelShuffle(3).forward(input).equal(F.channelShuffle(input, 3))).toBe(true)
    expect(String(new nn.ChannelShuffle(3))).toBe('ChannelShuffle(groups=3)')
  })

  it('is what reshaping and transposing says, for any shape and order in memory', () => {
    const shape = fc.record({
      n: fc.integer({ min: 0, max: 3 }),
      groups: fc.integer({ min: 1, max: 5 }),
      each: fc.integer({ min: 1, max: 6 }),
      spatial: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      channelsLast: fc.boolean(),
    })
    fc.assert(
      fc.property(shape, ({ n, groups, each, spatial, channelsLast }) => {
        const rows = randn([n, groups * each, ...spatial])
        const input = channelsLast ? rows.contiguous({ memoryFormat: 'channelsLast' }) : rows
        const split = input.reshape([n, groups, each, ...spatial])
        const expected = split.transpose(1, 2).reshape(input.shape)
        const output = F.channelShuffle(input, groups)
        expect(output.equal(expected)).toBe(true)
        expect(F.channelShuffle(output, each).equal(input)).toBe(true)
      }),
      { numRuns: 60, seed: 7 },
    )
  })

  it('interleaves parts without joining them first', () => {
    const parts = [2, 2, 2].map(() => randn([2, 4, 3, 5], { requiresGrad: true }))
    expect(interleaveChannels(parts).equal(F.channelShuffle(cat(parts, 1), 3))).toBe(true)
    const views = [randn([2, 6, 3]).chunk(2, 1), randn([2, 3, 6]).permute([0, 2, 1]).chunk(2, 1)]
    for (const halves of views) {
      expect(interleaveChannels(halves).equal(F.channelShuffle(cat(halves, 1), 2))).toBe(true)
    }
    checkGrads(
      (...inputs) => interleaveChannels(inputs),
      [randn([2, 3, 2], { requiresGrad: true }), randn([2, 3, 2]), randn([2, 3, 2], { requiresGrad: true })],
    )
  })

  it('passes gradients back to where the channels came from', () => {
    checkGrads((input) => F.channelShuffle(input, 3), [randn([2, 6, 2, 3], { requiresGrad: true })])
  })

  it('refuses what it cannot shuffle', () => {
    throws(
      () => F.channelShuffle(zeros([2, 4]), 2),
      ShapeError,
      'channelShuffle: expected input of at least 3 dimensions [N, C, ...], got 2; input [2, 4]',
    )
    throws(
      () => F.channelShuffle(zeros([2, 5, 3]), 2),
      ShapeError,
      'channelShuffle: expected channels divisible by groups 2, got 5; input [2, 5, 3]',
    )
    throws(
      () => F.channelShuffle(zeros([2, 5, 3]), 0),
      RangeError,
      'channelShuffle: expected groups to be an integer of at least 1, got 0',
    )
    throws(
      () => new nn.ChannelShuffle(1.5),
      RangeError,
      'ChannelShuffle: expected groups to be an integer of at least 1, got 1.5',
    )
  })
})
