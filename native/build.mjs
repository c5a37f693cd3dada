// Builds the addon into build/Release/strided.node: with cmake-js where CMake is installed, else with node-gyp, which needs
// only make and python3. `--with cmake|node-gyp` chooses, `--out DIR` copies the result there.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const require = createRequire(import.meta.url)
const { values } = parseArgs({
  options: {
    with: { type: 'string' },
    out: { type: 'string' },
    debug: { type: 'boolean' },
    sanitize: { type: 'string' },
  },
})

function has(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore', shell: process.platform === 'win32' }).status === 0
}

function run(script, args) {
  // Make builds one file at a time unless told otherwise.
  const env = { CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()), ...process.env }
  const settings = { cwd: root, env, encoding: 'utf8', maxBuffer: 1 << 28 }
  const result = spawnSync(process.execPath, [script, ...args], settings)
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout}${result.stderr}\n`)
    throw new Error(`the native build failed: ${script} ${args.join(' ')}`)
  }
  const warnings = `${result.stdout}${result.stderr}`.split('\n').filter((line) => /\bwarning:/.test(line))
  if (warnings.length > 0) process.stderr.write(`${warnings.join('\n')}\n`)
}

const tool = values.with ?? (has('cmake') ? 'cmake' : 'node-gyp')
const config = values.debug ? 'Debug' : 'Release'
const folder = values.sanitize ? `build-${values.sanitize}${values.debug ? '-debug' : ''}` : 'build'
// The two tools fill the same folder with different makefiles: what the other one left must go.
const leftover = join(root, folder, tool === 'cmake' ? 'config.gypi' : 'CMakeCache.txt')
if (existsSync(leftover)) rmSync(join(root, folder), { recursive: true })
if (tool === 'cmake') {
  const args = ['compile', '--out', folder, ...(values.debug ? ['--debug'] : [])]
  if (values.sanitize) args.push(`--CDSTRIDED_SANITIZE=${values.sanitize}`)
  run(join(dirname(require.resolve('cmake-js/package.json')), 'bin', 'cmake-js'), args)
} else if (tool === 'node-gyp') {
  const gyp = require.resolve('node-gyp/bin/node-gyp.js')
  // The headers that came with this Node, where they did; node-gyp would download them.
  const prefix = dirname(dirname(process.execPath))
  const options = ['--jobs=max', values.debug ? '--debug' : '--release']
  if (existsSync(join(prefix, 'include', 'node', 'common.gypi'))) options.push(`--nodedir=${prefix}`)
  run(gyp, ['configure', ...options])
  run(gyp, ['build', ...options])
} else {
  throw new Error(`--with must be cmake or node-gyp, got ${tool}`)
}
if (values.out) {
  mkdirSync(join(root, values.out), { recursive: true })
  copyFileSync(join(root, folder, config, 'strided.node'), join(root, values.out, 'strided.node'))
}
