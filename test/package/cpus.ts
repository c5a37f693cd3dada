// Runs the addon on CPUs that this machine does not have: npm run test:cpus [-- --required]
// QEMU's user emulation refuses every instruction that the emulated CPU lacks, so what trains there uses none.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { libc, loadAddon } from '../../lib/kernels/addon.ts'
import { prebuildPath, root } from '../../packaging/targets.ts'
import { emulate, has } from './emulation.ts'
import { check, must, providePrebuild } from './tools.ts'

/** The first QEMU that emulates AVX2. */
const OLDEST = [7, 2]

function qemuVersion(): number[] {
  const { stdout } = spawnSync('qemu-x86_64', ['--version'], { encoding: 'utf8' })
  return (/version (\d+)\.(\d+)/.exec(stdout) ?? []).slice(1).map(Number)
}

function isNew([major, minor]: number[]): boolean {
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}

const missing = process.platform === 'linux' && process.arch === 'x64' ? [] : ['x64 Linux']
if (!has('qemu-x86_64')) missing.push('an emulator (Debian: apt-get install qemu-user)')
else if (!isNew(qemuVersion())) missing.push(`QEMU ${OLDEST.join('.')}`)
else providePrebuild()

const on = (model: string): string[] => ['qemu-x86_64', '-cpu', model, process.execPath]
// One of every kind of kernel and of driver.
const OPS =
  'conv2d,convTranspose2d,linear,maxPool2d,batchNorm,layerNorm,crossEntropy,gelu,add,sum,permute,dropout,adamw'
const CHECK = ['--ops', OPS, '--problems', '1', '--threads', '1,2']

emulate(missing, (installed) => {
  for (const [model, isa] of [
    ['Nehalem', 'scalar'],
    ['Haswell', 'avx2'],
  ]) {
    const isas = [...new Set([isa, 'scalar'])]
    check(`${model}: strided info says ${isas.join(', ')}`, () => installed.infoFault(on(model), isas))
    check(`${model}: ops agree with the reference`, () => installed.crosscheckFault(on(model), ...CHECK))
    // A machine without AVX2 has nothing to compare with.
    if (!loadAddon().cpu().isas.includes(isa)) continue
    check(`${model}: trains to the bits of the ${isa} kernels here`, () => installed.trainFault(on(model), isa))
  }
  // A CPU with AVX2 but without fused multiply-add, and a system that does not save the wide registers.
  for (const model of ['Haswell,-fma', 'Haswell,-xsave']) {
    check(`${model}: the addon offers scalar`, () => {
      const addon = join(root, prebuildPath('linux', 'x64', libc()))
      const isas = must(installed.node(on(model), ['-p', 'require(process.argv[1]).cpu().isas.join()', addon])).trim()
      return isas === 'scalar' ? undefined : isas
    })
  }
})
