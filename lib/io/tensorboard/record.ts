/** CRC-32C (Castagnoli) of each byte, with the polynomial reversed. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** CRC-32C of bytes. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** A checksum as records hold it: turned by 15 bits and moved, because one of bytes that hold their own checksum is weak. */
const masked = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/**
 * Frames bytes as a record: length (8 bytes), its checksum, the bytes, their checksum; all numbers little-endian.
 *
 * Source: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/lib/io/record_writer.h
 */
export function frame(bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(bytes.length + 16)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(bytes.length), true)
  view.setUint32(8, masked(record.subarray(0, 8)), true)
  record.set(bytes, 12)
  view.setUint32(12 + bytes.length, masked(bytes), true)
  return record
}
