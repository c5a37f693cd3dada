import { describe, expect, it } from 'vitest'
import { type Held, judge, type LongRun, type Tenth } from './judge.ts'

const LIMITS = { slack: 4e6, strict: true }
const HELD: Held = { heap: 17e6, storages: 27, live: 1000 }

const tenth = (changes: Partial<Tenth> = {}): Tenth => ({
  ...{ seconds: 2, pace: 5, rss: 250e6, beside: 200e6, heap: 30e6, live: 1e6, pooled: 1e6, handles: 1, failures: 40 },
  ...changes,
})

/** A run of which only the last tenth, or what is left at the end, is different. */
function run(last: Partial<Tenth> = {}, after: Partial<Held> = {}): LongRun {
  const tenths = Array.from({ length: 10 }, (_, i) => tenth(i === 9 ? last : {}))
  return { steps: 4000, tenths, before: HELD, after: { ...HELD, ...after } }
}

describe('a long run', () => {
  it('holds when nothing grows, and says so in figures', () => {
    const { faults, text } = judge(run(), LIMITS)
    expect(faults).toEqual([])
    expect(text).toBe(
      "4000 steps: resident memory beside V8's heap +0.0 MB (+0.00 %) over the last four fifths; after a full collection 27 storages of 0.0 MB " +
        'became 27 of 0.0 MB, the heap 17.0 MB became 17.0 MB; 1 handles; last tenth 0.0 % faster than the first',
    )
  })

  it.each<[string, LongRun, string[]]>([
    ['resident memory within 2 %', run({ beside: 204e6 }), []],
    ['resident memory beyond 2 %', run({ beside: 204.1e6 }), ['resident memory grew']],
    ['two handles of the output', run({ handles: 3 }), []],
    ['three handles', run({ handles: 4 }), ['handles grew']],
    ['one storage', run({}, { storages: 28 }), ['tensors leaked']],
    ['some bytes in as many storages', run({}, { live: 1064 }), ['tensors leaked']],
    ['code that was optimized', run({}, { heap: 18.4e6 }), []],
    ['an object of 400 bytes a step', run({}, { heap: 18.6e6 }), ['objects leaked']],
    ['a last tenth that is 4 % slower', run({ pace: 5.2 }), []],
    ['a last tenth that is 6 % slower', run({ pace: 5.3 }), ['steps became slower']],
  ])('%s', (_, long, faults) => {
    expect(judge(long, LIMITS).faults).toEqual(faults)
  })

  it('takes more growth with more slack, and any speed where others use the machine', () => {
    expect(judge(run({ beside: 211e6, pace: 9 }), { slack: 12e6, strict: false }).faults).toEqual([])
    expect(judge(run({ beside: 213e6 }), { slack: 12e6, strict: false }).faults).toEqual(['resident memory grew'])
  })
})
