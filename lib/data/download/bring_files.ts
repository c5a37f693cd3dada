import { statSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { parseTar } from 'nanotar'
import { FormatError } from '../../util/errors.ts'
import { type DownloadOptions, fetchFile } from './fetch_file.ts'
import type { OfficialFiles } from './official.ts'

/** Bytes of a tar beyond those of the files wanted: headers, fillings, lists of class names. */
const SPARE_BYTES = 2 ** 20

/**
 * Sees to it that the official files of a data set lie in `root`, taken out of their archive where they come in one. Files
 * that are there and right are not fetched again.
 *
 * @throws {FormatError} when a file cannot be had from any mirror, or an archive does not hold what it should.
 */
export async function bringFiles(root: string, official: OfficialFiles, options: DownloadOptions = {}): Promise<void> {
  for (const [name, file] of Object.entries(official.files)) {
    const path = join(root, name)
    const members = official.archives?.[name]
    if (members === undefined) {
      await fetchFile(path, file, options)
      continue
    }
    if (Object.entries(members).every(([member, size]) => sizeOf(join(root, member)) === size)) continue
    await fetchFile(path, file, options)
    await unpack(path, root, members)
    await rm(path)
  }
}

const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size

/** Takes the members out, by name and nothing else, so that no archive decides what is written where. */
async function unpack(archive: string, root: string, members: Readonly<Record<string, number>>): Promise<void> {
  const total = Object.values(members).reduce((sum, size) => sum + size, 0)
  const tar = await promisify(gunzip)(await readFile(archive), { maxOutputLength: total + SPARE_BYTES })
  const found = new Map(parseTar(tar).map((item) => [item.name.replace(/^\.\//, ''), item.data]))
  for (const [member, size] of Object.entries(members)) {
    const data = found.get(member)
    if (data?.length !== size) {
      throw new FormatError(
        `download: expected ${member} of ${size} bytes in the archive, got ${data?.length ?? 'no such file'}; ${archive}`,
      )
    }
    const path = join(root, member)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.part`, data)
    await rename(`${path}.part`, path)
  }
}
