// Loaded before everything else in every Node process of a sanitizer's run: where the tests load the addon, they get the one
// of the sanitizer's build.
const { join } = require('node:path')

const ordinary = join('build', 'Release', 'strided.node')
const load = process.dlopen

process.dlopen = (module, path, ...flags) =>
  load.call(process, module, path.endsWith(ordinary) ? process.env.STRIDED_SANITIZED_ADDON : path, ...flags)
