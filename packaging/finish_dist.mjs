// Runs after the compiler: removes what dist/ still holds of deleted sources, and makes dist/commonjs/, the entry for
// `require`. That is one line of code over the same modules, which Node can require since 20.19 and 22.12, so that a
// program which imports in one place and requires in another has one backend and one class Tensor. The declarations
// are there a second time, because TypeScript takes the module system of a declaration from the folder it lies in.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const commonjs = join(dist, 'commonjs')

rmSync(commonjs, { recursive: true, force: true })
for (const name of readdirSync(dist, { recursive: true })) {
  const source = join(root, 'lib', name.replace(/(\.d\.ts|\.js)$/, '.ts'))
  if (!existsSync(source)) {
    rmSync(join(dist, name), { recursive: true, force: true })
  } else if (name.endsWith('.d.ts')) {
    mkdirSync(dirname(join(commonjs, name)), { recursive: true })
    copyFileSync(join(dist, name), join(commonjs, name))
  }
}

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
writeFileSync(join(commonjs, 'package.json'), '{ "type": "commonjs" }\n')
for (const entry of Object.values(exports)) {
  if (typeof entry === 'string') continue
  const path = join(root, entry.require.default)
  const depth = '../'.repeat(path.slice(commonjs.length).split(/[\\/]/).length - 1)
  const target = entry.import.default.replace('./dist/', depth)
  writeFileSync(path, `'use strict'\nmodule.exports = require('${target}')\n`)
}
