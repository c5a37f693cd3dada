import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { caseSets } from './cases/index.ts'
import { kernelNames } from './support/kernel_names.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Files under a folder, relative to the project, without what is built, installed or copied from elsewhere. */
function filesUnder(folder: string, pattern: RegExp): string[] {
  const skipped = /^(node_modules|build.*|dist|prebuilds|runs|\.git|\.cache|vectors)$/
  const path = join(root, folder)
  if (!existsSync(path)) return []
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const file = join(folder, entry.name)
    if (entry.isDirectory()) return skipped.test(entry.name) ? [] : filesUnder(file, pattern)
    return pattern.test(entry.name) ? [file.split(sep).join('/')] : []
  })
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const stemOf = (file: string): string => file.replace(/^.*\//, '').replace(/(\.test)?\.\w+$/, '')

/** Files that `file` imports by relative path. */
function importsOf(file: string, text = read(file)): string[] {
  const specifiers = [...text.matchAll(/(?:^(?:import|export)\b[^'"]*?from|\bimport\()\s*'(\.[^']+)'/gm)]
  return specifiers.map(([, specifier]) =>
    normalize(join(dirname(file), specifier))
      .split(sep)
      .join('/'),
  )
}

const library = filesUnder('lib', /\.ts$/)

// What each folder of lib/ may import from, besides itself: the arrows of the tree, which point down.
const base = ['reference', 'util']
const tensors = [...base, 'kernels', 'tensor']
const operations = [...tensors, 'autograd', 'ops']
const arrows: Record<string, string[]> = {
  reference: [],
  util: [],
  kernels: base,
  tensor: [...base, 'kernels'],
  autograd: tensors,
  ops: [...tensors, 'autograd'],
  nn: operations,
  optim: [...operations, 'nn'],
  data: operations,
  io: [...operations, 'nn', 'optim', 'insight'],
  models: [...operations, 'nn'],
  insight: [...operations, 'nn', 'optim'],
  distributed: [...operations, 'nn', 'data'],
  train: [...operations, 'nn', 'optim', 'data', 'io', 'insight', 'distributed'],
  report: [...operations, 'nn', 'optim', 'data', 'io', 'insight', 'distributed', 'train'],
  cli: [...operations, 'nn', 'optim', 'data', 'io', 'insight', 'distributed', 'train', 'report', 'models'],
}

describe('imports in lib', () => {
  for (const file of library.filter((one) => one.split('/').length > 2)) {
    it(`of ${file} point down`, () => {
      const folder = file.split('/')[1]
      expect(Object.keys(arrows), `lib/${folder} has no place among the arrows`).toContain(folder)
      for (const target of importsOf(file)) {
        expect([folder, ...arrows[folder]], `${file} imports ${target}`).toContain(target.split('/')[1])
      }
    })
  }

  it('have no circle', () => {
    const state = new Map<string, 'open' | 'done'>()
    const visit = (file: string, path: string[]): void => {
      if (state.get(file) === 'done') return
      if (state.get(file) === 'open') throw new Error(`circle: ${[...path, file].join(' > ')}`)
      state.set(file, 'open')
      for (const target of valueImportsOf(file)) visit(target, [...path, file])
      state.set(file, 'done')
    }
    for (const file of library) visit(file, [])
    expect(state.size).toBe(library.length)
  })

  it('come from the library, Node or a dependency', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
    const packageOf = (specifier: string) => specifier.match(/^(@[^/]+\/)?[^/]+/)![0]
    for (const file of library) {
      for (const [, specifier] of read(file).matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'/gm)) {
        // The build puts what the page of a report imports into its script.
        const installed = file.startsWith('lib/report/page/') ? devDependencies : dependencies
        if (!Object.hasOwn(installed, packageOf(specifier))) expect(specifier, file).toMatch(/^(\.|node:)/)
      }
    }
  })
})

/** Imports that are still there when types are erased, and that are loaded with the file. */
function valueImportsOf(file: string): string[] {
  return importsOf(file, read(file).replace(/^(import|export) type\b[^'"]*?from '[^']+'|\bimport\(/gm, ''))
}

// What each folder of native/ may include from the others, and which system headers where that is limited.
const includes: Record<string, { folders: string[]; system?: RegExp }> = {
  simd: { folders: [], system: /^(immintrin\.h|arm_neon\.h|cstdint|cstddef)$/ },
  kernels: { folders: ['simd'], system: /^(immintrin\.h|cstdint|cstddef)$/ },
  dispatch: { folders: ['simd', 'kernels'] },
  runtime: { folders: [] },
  ops: { folders: ['simd', 'kernels', 'dispatch', 'runtime'] },
  mpi: { folders: [] },
  binding: { folders: ['ops', 'runtime', 'dispatch', 'mpi'] },
}
const native = filesUnder('native', /\.(cc|h)$/)

describe('includes in native', () => {
  for (const file of native) {
    it(`of ${file} point down`, () => {
      const folder = file.split('/')[1]
      expect(Object.keys(includes), `native/${folder} has no place in the tree`).toContain(folder)
      const { folders, system } = includes[folder]
      for (const [, own] of read(file).matchAll(/^#include "([^"]+)"/gm)) {
        const target = normalize(join(dirname(file), own))
          .split(sep)
          .join('/')
        expect([folder, ...folders], `${file} includes ${target}`).toContain(target.split('/')[1])
        // Other folders see the contract of a kernel, never its loops.
        expect(target).toMatch(/\.h$/)
      }
      for (const [, header] of read(file).matchAll(/^#include <([^>]+)>/gm)) {
        if (system) expect(header, file).toMatch(system)
        if (/napi|node_api/.test(header)) expect(folder, `${file} includes ${header}`).toBe('binding')
      }
    })
  }

  it('leave kernels without conditions for the preprocessor', () => {
    for (const file of native.filter((one) => one.startsWith('native/kernels/'))) {
      expect(read(file), file).not.toMatch(/^\s*#\s*(if|ifdef|ifndef|elif)\b/m)
    }
  })

  it('name every source in the one list', () => {
    const listed = Object.values(JSON.parse(read('native/sources.gypi')).variables as Record<string, string[]>).flat()
    expect(listed.sort()).toEqual(native.filter((file) => file.endsWith('.cc')).sort())
  })
})

// Element-wise kernels and those that share a scheme lie in one native file; all other stems go through all layers.
const nativeStem: Record<string, string> = {
  unary: 'elementwise',
  binary: 'elementwise',
  fill: 'elementwise',
  relu: 'elementwise',
  cast: 'copy',
  gather_rows: 'copy',
  dropout: 'random',
  random_uniform: 'random',
  random_normal: 'random',
  log_softmax: 'softmax',
  rms_norm: 'layer_norm',
  conv2d: 'conv',
  conv3d: 'conv',
  adaptive_avg_pool: 'avg_pool',
  adaptive_max_pool: 'max_pool',
}
const shared: Record<string, string> = { random_uniform: 'random', random_normal: 'random' }

describe('one op, one stem', () => {
  for (const op of Object.keys(caseSets)) {
    it(`${op} has its file in every layer`, () => {
      const stem = shared[op] ?? op
      const files = [`lib/reference/${stem}.ts`, `test/cases/${stem}.ts`, `test/native/${stem}.test.ts`]
      for (const file of files) expect(existsSync(join(root, file)), file).toBe(true)
      const behind = nativeStem[op] ?? op
      const layers = [
        ['kernels', 'ops'].map((folder) => `native/${folder}/${behind}.cc`),
        [`native/binding/${behind}.cc`],
      ]
      for (const candidates of layers) {
        // Cross entropy shares the kernels of softmax but not its binding.
        const alternatives = op === 'cross_entropy' ? [...candidates, 'native/ops/softmax.cc'] : candidates
        expect(
          alternatives.some((file) => native.includes(file)),
          candidates.join(' or '),
        ).toBe(true)
      }
    })
  }

  it('leaves no file of a layer without the others', () => {
    const stems = new Set(Object.keys(caseSets).map((op) => shared[op] ?? op))
    const helpers = ['index', 'types', 'strided_walk', 'adaptive_window', 'case_set']
    for (const folder of ['lib/reference', 'test/cases']) {
      for (const stem of filesUnder(folder, /\.ts$/).map(stemOf)) {
        if (!helpers.includes(stem)) expect([...stems], folder).toContain(stem)
      }
    }
    for (const file of native.filter((one) => /^native\/kernels\/.*\.cc$/.test(one))) {
      expect(native, `the contract of ${file}`).toContain(file.replace(/\.cc$/, '.h'))
    }
  })

  it('puts the seven headings over every kernel, in their order', () => {
    const headings = ['Edges', 'Layout', 'Slices', 'Saved', 'Aliasing', 'Cost', 'Source']
    const contracts = native.filter(
      (one) => /^native\/kernels\/.*\.h$/.test(one) && native.includes(one.replace(/h$/, 'cc')),
    )
    for (const file of contracts) {
      const found = [...read(file).matchAll(/^\/\/ (Edges|Layout|Slices|Saved|Aliasing|Cost|Source)\b/gm)]
      expect(
        found.map((match) => match[1]),
        file,
      ).toEqual(headings)
    }
  })
})

describe('budgets', () => {
  const sources = ['lib', 'native', 'test', 'bench', 'examples', 'packaging'].flatMap((folder) =>
    filesUnder(folder, /\.(ts|mjs|cc|h)$/),
  )

  it('hold: 300 lines a file, 200 a kernel', () => {
    expect(sources.length).toBeGreaterThan(100)
    for (const file of sources) {
      const lines = read(file).split('\n').length - 1
      expect(lines, file).toBeLessThanOrEqual(file.startsWith('native/kernels/') ? 200 : 300)
    }
  })

  it('hold no path of one machine', () => {
    const texts = filesUnder('.', /\.(ts|mjs|json|gypi?|cc|h|map|md|py|sh|yml|txt|toml)$|^(run|\.npmrc|\.clang-\w+)$/)
    const machinePath = new RegExp(['work', 'home', 'root', 'Users', 'mnt', 'tmp'].map((top) => `/${top}/`).join('|'))
    expect(texts).toContain('package.json')
    for (const file of texts) {
      for (const line of read(file).split('\n')) {
        const path = line.match(machinePath)
        // A pattern of such paths, as above, has no name behind the folder; a web address has its own.
        if (path !== null && /^[\w.]/.test(line.slice(path.index! + path[0].length)) && !/https?:/.test(line)) {
          expect.fail(`${file} names a path of one machine: ${line.trim()}`)
        }
      }
    }
  })
})

describe('the addon', () => {
  it('exports the members of Kernels and those of NativeEnvironment beside them, and nothing else', () => {
    const addon = createRequire(import.meta.url)(join(root, 'build/Release/strided.node')) as {
      createEnvironment(options: { isa: string; threads: number; guard: string }): Record<string, unknown>
      cpu(): { isas: string[] }
    }
    expect(Object.keys(addon).sort()).toEqual(['cpu', 'createEnvironment', 'refuseThreads', 'version'])
    const interfaceBody = read('lib/kernels/addon.ts').match(/interface NativeEnvironment [^{]*\{([^}]*)\}/)![1]
    const others = [...interfaceBody.matchAll(/^ {2}(\w+)\(/gm)].map((match) => match[1])
    expect(others).toContain('allocate')
    const environment = addon.createEnvironment({ isa: 'scalar', threads: 1, guard: 'none' })
    expect(Object.keys(environment).sort()).toEqual([...kernelNames(), ...others].sort())
    expect(addon.cpu().isas).toContain('scalar')
  })

  const nm = spawnSync('nm', ['--version'])
  const objects = filesUnderBuild('build').filter((file) => /kernels_(scalar|avx2|avx512)\b.*\.o$/.test(file))
  // A template instantiated under AVX-512 as a weak symbol could be the copy that the linker keeps for every CPU.
  it.skipIf(nm.error !== undefined)(
    'has only strong symbols of its own in each kernel object (skipped where nm is missing)',
    () => {
      const stems = native.filter((file) => /^native\/kernels\/.*\.cc$/.test(file)).length
      expect(objects.length, 'objects of three instruction sets').toBeGreaterThanOrEqual(stems)
      for (const object of objects) {
        const { stdout } = spawnSync('nm', [join(root, object)], { encoding: 'utf8' })
        const symbols = stdout.split('\n').flatMap((line) => {
          const match = line.match(/^[0-9a-f ]+ ([A-Za-z]) (\S+)$/)
          return match ? [{ type: match[1], name: match[2] }] : []
        })
        const needed = symbols.filter(({ type }) => type === 'U').map(({ name }) => name)
        for (const name of needed) expect(['memcpy', 'memset', 'memmove', 'powf'], object).toContain(name)
        expect(stdout, `${object}: code that would run on every CPU, at load`).not.toMatch(/ (_GLOBAL__|__cxx_global)/)
        // Upper case is global; W, V, u, w and v are weak or unique.
        const global = symbols.filter(({ type }) => /^[A-TVW-Zuwv]$/.test(type))
        expect(global.length, object).toBeGreaterThan(0)
        for (const { type, name } of global) {
          expect(type, `${object}: ${name}`).toBe('T')
          // A table of kernels under the instruction set of its object: strided::..._kernels<Isa>().
          expect(name, object).toMatch(/^_ZN7strided\d+\w+_kernelsILNS_3IsaE\d/)
        }
      }
    },
  )
})

function filesUnderBuild(folder: string): string[] {
  const path = join(root, folder)
  if (!existsSync(path)) return []
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const file = relative(root, join(path, entry.name)).split(sep).join('/')
    return entry.isDirectory() ? filesUnderBuild(file) : [file]
  })
}
