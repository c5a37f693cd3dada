// Tries the addon for arm64 Linux on this machine: npm run test:arm64 [-- --required] [-- --built]
// It is cross-built, and runs in the registry's Node for arm64 under QEMU's user emulation, with Debian's libraries for
// cross compilers as its system: what it computes is compared with the reference and with this machine.
import { join } from 'node:path'
import { root } from '../../packaging/targets.ts'
import { emulate, has, options } from './emulation.ts'
import { check, must, nodeBinary, providePrebuild, runIn } from './tools.ts'

const NODE = '22.23.3'
const SYSTEM = join('/usr', 'aarch64-linux-gnu')

const missing = [
  ...(process.platform === 'linux' && process.arch === 'x64' ? [] : ['x64 Linux']),
  ...(has('aarch64-linux-gnu-g++') ? [] : ['a cross compiler (Debian: apt-get install g++-aarch64-linux-gnu)']),
  ...(has('qemu-aarch64') ? [] : ['an emulator (Debian: apt-get install qemu-user)']),
]
if (missing.length === 0) {
  if (!options.built)
    must(runIn(root, process.execPath, ['--import', 'tsx', join('packaging', 'prebuild.ts'), '--arch', 'arm64']))
  providePrebuild()
}
emulate(missing, (installed) => {
  const arm64 = ['qemu-aarch64', '-L', SYSTEM, nodeBinary(NODE, 'arm64')]
  check(`arm64: Node ${NODE} starts`, () => {
    const found = must(installed.node(arm64, ['-p', 'process.arch + process.version'])).trim()
    return found === `arm64v${NODE}` ? undefined : found
  })
  check('arm64: strided info says scalar', () => installed.infoFault(arm64, ['scalar']))
  check('arm64: every op agrees with the reference', () =>
    installed.crosscheckFault(arm64, '--problems', '2', '--threads', '1,2'),
  )
  check('arm64: trains to the bits of the same kernels on x64', () => installed.trainFault(arm64, 'scalar'))
})
