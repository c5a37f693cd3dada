/** One file of a zip archive, as the archive's directory at its end lists it. */
export interface ZipEntry {
  name: string
  /** CRC-32 of the contents. */
  checksum: number
}

const END = 0x06054b50
const END64 = 0x06064b50
const LOCATOR64 = 0x07064b50
const ENTRY = 0x02014b50
const END_BYTES = 22
const ENTRY_BYTES = 46
// The flag that says that names are UTF-8.
const UTF8 = 1 << 11
// A comment of up to 65,535 bytes may follow the end record.
const MAX_COMMENT = 0xffff

/**
 * Lists the entries of a zip archive with their checksums, which the library that unpacks them does not look at.
 *
 * @returns null when the bytes are no zip archive.
 *
 * Source: PKWARE, APPNOTE.TXT, sections 4.3.12 to 4.3.16.
 */
export function zipEntries(archive: Uint8Array): ZipEntry[] | null {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength)
  const place = directoryPlace(bytes)
  if (place === null) return null
  const entries: ZipEntry[] = []
  let { position } = place
  for (let i = 0; i < place.count; i++) {
    if (position + ENTRY_BYTES > bytes.length || bytes.readUInt32LE(position) !== ENTRY) return null
    const nameLength = bytes.readUInt16LE(position + 28)
    const encoding = bytes.readUInt16LE(position + 8) & UTF8 ? 'utf8' : 'latin1'
    const name = bytes.toString(encoding, position + ENTRY_BYTES, position + ENTRY_BYTES + nameLength)
    entries.push({ name, checksum: bytes.readUInt32LE(position + 16) })
    position += ENTRY_BYTES + nameLength + bytes.readUInt16LE(position + 30) + bytes.readUInt16LE(position + 32)
  }
  return entries
}

function directoryPlace(bytes: Buffer): { position: number; count: number } | null {
  let end = bytes.length - END_BYTES
  const first = Math.max(0, end - MAX_COMMENT)
  while (end >= first && bytes.readUInt32LE(end) !== END) end--
  if (end < first) return null
  const count = bytes.readUInt16LE(end + 10)
  const position = bytes.readUInt32LE(end + 16)
  const locator = end - 20
  if (locator < 0 || bytes.readUInt32LE(locator) !== LOCATOR64) return { position, count }
  const end64 = Number(bytes.readBigUInt64LE(locator + 8))
  if (end64 + 56 > bytes.length || bytes.readUInt32LE(end64) !== END64) return null
  return { position: Number(bytes.readBigUInt64LE(end64 + 48)), count: Number(bytes.readBigUInt64LE(end64 + 32)) }
}
