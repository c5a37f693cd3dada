import { join } from 'node:path'

export const root = join(import.meta.dirname, '..')

/** Every binary of a release: folder and file under prebuilds/. */
export const targets: readonly string[] = [
  'linux-x64/strided.glibc.node',
  'linux-x64/strided.musl.node',
  'linux-arm64/strided.glibc.node',
  'linux-arm64/strided.musl.node',
  'darwin-x64/strided.node',
  'darwin-arm64/strided.node',
  'win32-x64/strided.node',
  'win32-arm64/strided.node',
]

/** The binary of a platform, relative to the project. */
export function prebuildPath(platform: string, arch: string, libc: string): string {
  return `prebuilds/${platform}-${arch}/strided.${platform === 'linux' ? `${libc}.` : ''}node`
}
