// Programs on 2 and 3 ranks, with every MPI that is installed: `npm run test:mpi -- [FILTER] [--short] [--launcher srun]`. Ends with 1 when
// something failed or an MPI is missing (Debian: apt-get install openmpi-bin libopenmpi-dev mpich libmpich-dev). With `--launcher srun`
// the short form under Slurm, which is started for that on this machine alone (Debian: apt-get install slurmctld slurmd slurm-client).
import { parseArgs } from 'node:util'
import { checkAbi } from './checks/abi.ts'
import { checkEndings } from './checks/endings.ts'
import { checkFit } from './checks/fit.ts'
import { checkNamespaces } from './checks/namespaces.ts'
import { checkPrograms } from './checks/programs.ts'
import { findFamilies } from './families.ts'
import { bySrun, missingSlurm, startSlurm } from './slurm.ts'

/** Runs one check, or not where the filter says so; one that is `long` only when nobody asked for the short form. */
export type Check = (name: string, run: () => void | Promise<void>, long?: boolean) => Promise<void>

const { values, positionals } = parseArgs({
  options: { short: { type: 'boolean', default: false }, launcher: { type: 'string', default: 'mpirun' } },
  allowPositionals: true,
})
const { launcher } = values
if (launcher !== 'mpirun' && launcher !== 'srun') throw new Error(`expected --launcher srun, got ${launcher}`)
const slurm = launcher === 'srun'
const short = values.short || slurm
const [filter = ''] = positionals
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
if (slurm) missing.push(...missingSlurm())
const stop = slurm && missing.length === 0 ? await startSlurm() : null
// Of the launcher neither the constants nor the way to another host depends on us.
const all = slurm
  ? [checkPrograms, checkFit, checkEndings]
  : [checkAbi, checkPrograms, checkNamespaces, checkFit, checkEndings]
try {
  if (!slurm || stop !== null) {
    for (const family of found) for (const checks of all) await checks(slurm ? bySrun(family) : family, check)
  }
} finally {
  await stop?.()
}
for (const name of missing) process.stdout.write(`MISSING ${name} is not installed\n`)
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && missing.length === 0 ? 0 : 1
