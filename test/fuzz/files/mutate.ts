import fc from 'fast-check'

/** A change of a file's bytes; places are shares of its length, so that they mean something after a change before. */
export type Mutation =
  | { kind: 'byte'; at: number; to: number }
  | { kind: 'word'; at: number; to: number; size: 2 | 4 | 8; little: boolean }
  | { kind: 'digits'; at: number; to: string }
  | { kind: 'cut'; at: number; length: number }
  | { kind: 'copy'; from: number; length: number; at: number }
  | { kind: 'end'; at: number }

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
/** Headers lie at the front. */
const early = fc.oneof(
  place,
  place.map((share) => share / 20),
)
const lengths = fc.constantFrom(1, 2, 4, 7, 16, 100)

const numbers = [
  '0',
  '-1',
  '1',
  '7',
  '255',
  '65536',
  '4294967295',
  '4294967296',
  '9007199254740993',
  '99999999999999999999',
]

/** Sizes that overflow something, and their neighbours. */
const words = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000, 0xfffffffe]

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('byte' as const), at: early, to: fc.nat(255) }),
  fc.record({
    ...{ kind: fc.constant('word' as const), at: early, to: fc.constantFrom(...words) },
    ...{ size: fc.constantFrom(2 as const, 4 as const, 8 as const), little: fc.boolean() },
  }),
  fc.record({ kind: fc.constant('digits' as const), at: early, to: fc.constantFrom(...numbers) }),
  fc.record({ kind: fc.constant('cut' as const), at: early, length: lengths }),
  fc.record({ kind: fc.constant('copy' as const), from: early, length: lengths, at: early }),
  fc.record({ kind: fc.constant('end' as const), at: place }),
)

function word({ to, size, little }: Extract<Mutation, { kind: 'word' }>): Buffer {
  const bytes = Buffer.alloc(8)
  if (little) bytes.writeUInt32LE(to, 0)
  else bytes.writeUInt32BE(to, size === 8 ? 4 : 0)
  // The low half of a number of two bytes, or all ones in the upper half of one of eight.
  if (size === 8 && to === 0xfffffffe) bytes.fill(0xff, little ? 4 : 0, little ? 8 : 4)
  return size === 2 ? Buffer.from([to & 0xff, (to >> 8) & 0xff]) : bytes.subarray(0, size)
}

/** Replaces the first number in decimal digits behind a place. */
function replaceDigits(bytes: Buffer, at: number, to: string): Buffer {
  const isDigit = (i: number): boolean => i < bytes.length && bytes[i] >= 0x30 && bytes[i] <= 0x39
  let begin = at
  while (begin < bytes.length && !isDigit(begin)) begin++
  let end = begin
  while (isDigit(end)) end++
  return Buffer.concat([bytes.subarray(0, begin), Buffer.from(to), bytes.subarray(end)])
}

/** The bytes after a change. */
export function mutate(bytes: Buffer, change: Mutation): Buffer {
  const at = Math.floor(change.at * bytes.length)
  switch (change.kind) {
    case 'byte': {
      const result = Buffer.from(bytes)
      if (result.length > 0) result[at] = change.to
      return result
    }
    case 'word':
      return Buffer.concat([bytes.subarray(0, at), word(change), bytes.subarray(at + change.size)])
    case 'digits':
      return replaceDigits(bytes, at, change.to)
    case 'cut':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + change.length)])
    case 'copy': {
      const from = Math.floor(change.from * bytes.length)
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, from + change.length), bytes.subarray(at)])
    }
    case 'end':
      return bytes.subarray(0, at)
  }
}
