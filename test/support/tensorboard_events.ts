// A reader of TensorBoard's event files that shares nothing with the writer.
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'

export type Fields = Map<number, (bigint | Buffer)[]>

/** Reads a message by the wire format alone: numbers of fields, and varints or bytes. */
export function fieldsOf(bytes: Buffer): Fields {
  const fields: Fields = new Map()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  const take = (length: number): Buffer => {
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const kind = key & 7
    const value = kind === 0 ? varint() : take(kind === 1 ? 8 : kind === 5 ? 4 : Number(varint()))
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value])
  }
  return fields
}

/** The messages of an event file; the checksums are computed bit by bit, by the polynomial. */
export function eventsOf(path: string): Fields[] {
  const file = readFileSync(path)
  const sum = (bytes: Buffer): number => {
    let crc = 0xffffffff
    for (const byte of bytes)
      for (let bit = 0; bit < 8; bit++) crc = ((crc ^ (byte >> bit)) & 1 ? 0x82f63b78 : 0) ^ (crc >>> 1)
    crc = ~crc >>> 0
    return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
  }
  const events: Fields[] = []
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at))
    expect(file.readUInt32LE(at + 8)).toBe(sum(file.subarray(at, at + 8)))
    const data = file.subarray(at + 12, at + 12 + length)
    expect(file.readUInt32LE(at + 12 + length)).toBe(sum(data))
    events.push(fieldsOf(data))
    at += 16 + length
  }
  return events
}

export const bytesAt = (fields: Fields, number: number): Buffer => fields.get(number)![0] as Buffer
export const doubles = (fields: Fields, number: number): number[] =>
  (fields.get(number) as Buffer[]).map((bytes) => bytes.readDoubleLE())
