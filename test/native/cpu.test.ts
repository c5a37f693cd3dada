import { describe, expect, it } from 'vitest'
import { type CpuRegisters, loadAddon } from '../../lib/kernels/addon.ts'

// Leaves as the collection at github.com/InstLatx64/InstLatx64 has them of real machines, and XCR0 as systems set it:
// 0x7 saves x87, SSE and AVX registers, 0xe7 those of AVX-512 too, 0x200 is protection keys.
const nehalem = { leaves: 0xb, leaf1Ecx: 0x009ce3bd, leaf7Ebx: 0, xcr0: 0 }
const haswell = { leaves: 0xd, leaf1Ecx: 0x7ffafbff, leaf7Ebx: 0x000027ab, xcr0: 0x7 }
const skylakeX = { leaves: 0x16, leaf1Ecx: 0x7ffefbbf, leaf7Ebx: 0xd39ffffb, xcr0: 0x2e7 }
const zen4 = { leaves: 0x10, leaf1Ecx: 0x7ef8320b, leaf7Ebx: 0xf1bf97a9, xcr0: 0x2e7 }

const machines: [string, CpuRegisters, string[]][] = [
  ['Nehalem', nehalem, ['scalar']],
  ['Sandy Bridge: AVX alone', { leaves: 0xd, leaf1Ecx: 0x1f9ae3bf, leaf7Ebx: 0, xcr0: 0x7 }, ['scalar']],
  ['Haswell', haswell, ['avx2', 'scalar']],
  ['Zen 2', { leaves: 0x10, leaf1Ecx: 0x7ed8320b, leaf7Ebx: 0x219c91a9, xcr0: 0x7 }, ['avx2', 'scalar']],
  ['Alder Lake', { leaves: 0x20, leaf1Ecx: 0x7ffafbff, leaf7Ebx: 0x239ca7eb, xcr0: 0x207 }, ['avx2', 'scalar']],
  [
    'Knights Landing: AVX-512 without BW, DQ and VL',
    { leaves: 0xd, leaf1Ecx: 0x7ff8f3bf, leaf7Ebx: 0x1c0d23ab, xcr0: 0xe7 },
    ['avx2', 'scalar'],
  ],
  ['Skylake-X', skylakeX, ['avx512', 'avx2', 'scalar']],
  ['Zen 4', zen4, ['avx512', 'avx2', 'scalar']],
]

const bit = (index: number): number => 2 ** index

// What a system, a hypervisor or a BIOS takes away from them.
const reduced: [string, CpuRegisters, string[]][] = [
  ['Skylake-X under a system without AVX-512', { ...skylakeX, xcr0: 0x7 }, ['avx2', 'scalar']],
  ['Skylake-X without the mask registers', { ...skylakeX, xcr0: 0xc7 }, ['avx2', 'scalar']],
  ['Zen 4 without the upper ZMM registers', { ...zen4, xcr0: 0xa7 }, ['avx2', 'scalar']],
  ['Zen 4 without the high ZMM registers', { ...zen4, xcr0: 0x67 }, ['avx2', 'scalar']],
  ['Zen 4 under a system that saves no AVX registers', { ...zen4, xcr0: 0x3 }, ['scalar']],
  ['Zen 4 with ZMM but without YMM registers', { ...zen4, xcr0: 0xe3 }, ['scalar']],
  ['Haswell under a system without XSAVE', { ...haswell, leaf1Ecx: haswell.leaf1Ecx - bit(27), xcr0: 0 }, ['scalar']],
  [
    'Haswell whose hypervisor hides XSAVE but not XCR0',
    { ...haswell, leaf1Ecx: haswell.leaf1Ecx - bit(27) },
    ['scalar'],
  ],
  ['Haswell whose hypervisor hides AVX', { ...haswell, leaf1Ecx: haswell.leaf1Ecx - bit(28) }, ['scalar']],
  ['AVX2 without FMA', { ...haswell, leaf1Ecx: haswell.leaf1Ecx - bit(12) }, ['scalar']],
  ['Haswell whose leaves a BIOS limits to 3', { ...haswell, leaves: 3 }, ['scalar']],
  ['Skylake-X without BW', { ...skylakeX, leaf7Ebx: skylakeX.leaf7Ebx - bit(30) }, ['avx2', 'scalar']],
  ['Skylake-X without VL', { ...skylakeX, leaf7Ebx: skylakeX.leaf7Ebx - bit(31) }, ['avx2', 'scalar']],
]

describe.skipIf(process.arch !== 'x64')('the instruction sets (skipped where there are no others than scalar)', () => {
  for (const [name, registers, isas] of [...machines, ...reduced]) {
    it(`of ${name} are ${isas.join(', ')}`, () => expect(loadAddon().cpu(registers).isas).toEqual(isas))
  }
})

describe('cpu', () => {
  it('says what runs here, scalar at least', () => {
    expect(loadAddon().cpu().isas.at(-1)).toBe('scalar')
  })
  it('refuses registers that are no words', () => {
    expect(() => loadAddon().cpu({ ...nehalem, xcr0: -1 })).toThrow('cpu: xcr0')
  })
})
