import { describe, expect, it } from 'vitest'
import { timeSlice, warmUp } from '../../../bench/peers/server.ts'

/** A clock that only calls move on. */
function simulated(...durations: number[]) {
  let now = 0
  let calls = 0
  const call = (): void => {
    now += durations[Math.min(calls++, durations.length - 1)]
  }
  return { call, now: () => now, calls: () => calls }
}

describe('warmUp', () => {
  it('measures the second half', () => {
    const { call, now } = simulated(5, 4, 2)
    expect(warmUp(call, 20, now)).toBe(2)
  })

  it('calls a slow one once', () => {
    const slow = simulated(50)
    expect(warmUp(slow.call, 20, slow.now)).toBe(50)
    expect(slow.calls()).toBe(1)
  })
})

describe('warmUp on a busy machine', () => {
  it('has a call in the second half even when the clock jumps while it is read', () => {
    const readings = [0, 9, 50, 50]
    expect(
      warmUp(
        () => {},
        20,
        () => readings.shift()!,
      ),
    ).toBe(41)
  })
})

describe('timeSlice', () => {
  it('leaves out the lead-in, then samples for the whole time', () => {
    const { call, now } = simulated(4, 2)
    expect(timeSlice(call, 20, 2, now)).toEqual(Array(10).fill(2))
  })

  it('puts many short calls into a sample', () => {
    const short = simulated(0.01)
    const samples = timeSlice(short.call, 1, 0.01, short.now)
    expect(samples.length).toBeLessThanOrEqual(11)
    for (const ms of samples) expect(ms).toBeCloseTo(0.01, 9)
  })

  it('takes at least one sample', () => {
    const slow = simulated(50)
    expect(timeSlice(slow.call, 20, 50, slow.now)).toEqual([50])
    expect(slow.calls()).toBe(2)
  })
})
