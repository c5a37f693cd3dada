// Runs clang-format over all native sources and their fuzzer; arguments are passed on (`-i`, or `--dry-run --Werror`).
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const files = ['native', 'test/fuzz/native'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => /\.(cc|h)$/.test(name))
    .map((name) => join(root, folder, name)),
)
const result = spawnSync('clang-format', [...process.argv.slice(2), ...files], { stdio: 'inherit' })
if (result.error) process.stderr.write(`clang-format could not be started: ${result.error.message}\n`)
process.exitCode = result.status ?? 1
