import { channelShuffle } from '../ops/channel_shuffle.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkInteger } from '../util/check.ts'
import { markClean } from './containers.ts'
import { Module } from './module.ts'

/**
 * Deals the channels of `groups` groups out in turn; see `functional.channelShuffle`.
 *
 * @throws {RangeError} when `groups` is no positive integer.
 */
export class ChannelShuffle extends Module {
  readonly groups: number

  constructor(groups: number) {
    super()
    this.groups = checkInteger('ChannelShuffle', 'groups', groups, 1)
  }

  override forward(input: Tensor): Tensor {
    return channelShuffle(input, this.groups)
  }

  override extraRepr(): string {
    return `groups=${this.groups}`
  }
}

markClean(ChannelShuffle)
