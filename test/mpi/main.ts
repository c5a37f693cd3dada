// Programs on 2 and 3 ranks, with every MPI that is installed: `npm run test:mpi -- [FILTER] [--short]`. Ends with 1 when something failed or
// an MPI is missing (Debian: apt-get install openmpi-bin libopenmpi-dev mpich libmpich-dev).
import { checkAbi } from './checks/abi.ts'
import { checkEndings } from './checks/endings.ts'
import { checkFit } from './checks/fit.ts'
import { checkNamespaces } from './checks/namespaces.ts'
import { checkPrograms } from './checks/programs.ts'
import { findFamilies } from './families.ts'

/** Runs one check, or not where the filter says so; one that is `long` only when nobody asked for the short form. */
export type Check = (name: string, run: () => void | Promise<void>, long?: boolean) => Promise<void>

const short = process.argv.includes('--short')
const [filter = ''] = process.argv.slice(2).filter((argument) => argument !== '--short')
let passed = 0
let failed = 0

const check: Check = async (name, run, long = false) => {
  if (!name.includes(filter) || (short && long)) return
  const begin = performance.now()
  try {
    await run()
    passed++
    process.stdout.write(`ok      ${name} (${((performance.now() - begin) / 1000).toFixed(1)} s)\n`)
  } catch (error) {
    failed++
    process.stdout.write(`FAILED  ${name}\n${(error as Error).message}\n`)
  }
}

const { found, missing } = findFamilies()
for (const family of found) {
  for (const checks of [checkAbi, checkPrograms, checkNamespaces, checkFit, checkEndings]) await checks(family, check)
}
for (const name of missing) process.stdout.write(`MISSING ${name} is not installed\n`)
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && missing.length === 0 ? 0 : 1
