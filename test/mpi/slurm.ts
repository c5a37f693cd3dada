import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { hostname, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Family } from './families.ts'

// Slurm on this machine alone: its two daemons in a folder of their own, for as long as the tests run.

/** Debian puts daemons where only root looks. */
process.env.PATH = `${process.env.PATH}:/usr/sbin:/sbin`

const TRIES = 60

async function freePorts(): Promise<number[]> {
  const servers = [createServer(), createServer()]
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening')
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  for (const server of servers) server.close()
  return ports
}

/** One node that trusts everybody on this machine, with more processors than it has, so that three ranks fit. */
function configuration(folder: string, [controller, node]: number[]): string {
  const { username } = userInfo()
  const host = hostname()
  return `ClusterName=strided
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${controller}
SlurmdPort=${node}
SlurmUser=${username}
SlurmdUser=${username}
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
StateSaveLocation=${join(folder, 'state')}
SlurmdSpoolDir=${join(folder, 'spool')}
SlurmctldPidFile=${join(folder, 'slurmctld.pid')}
SlurmdPidFile=${join(folder, 'slurmd.pid')}
SlurmctldLogFile=${join(folder, 'slurmctld.log')}
SlurmdLogFile=${join(folder, 'slurmd.log')}
NodeName=${host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`
}

/** Names of those programs that are not installed. */
export function missingSlurm(): string[] {
  return ['slurmctld', 'slurmd', 'srun'].filter((name) => spawnSync(name, ['-V']).error !== undefined)
}

/** Starts the daemons; `srun` of this process and its children finds them from now on. Returns what ends them. */
export async function startSlurm(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'strided-slurm-'))
  for (const name of ['state', 'spool']) mkdirSync(join(folder, name))
  const conf = join(folder, 'slurm.conf')
  writeFileSync(conf, configuration(folder, await freePorts()))
  process.env.SLURM_CONF = conf
  const daemons: ChildProcess[] = [
    ['slurmctld', '-D', '-c', '-f', conf],
    ['slurmd', '-D', '-f', conf],
  ].map(([name, ...args]) => spawn(name, args, { stdio: 'ignore' }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      for (const daemon of daemons) daemon.kill('SIGKILL')
      process.exit(1)
    })
  }
  const stop = async (): Promise<void> => {
    for (const daemon of daemons) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue
      const ended = once(daemon, 'exit')
      daemon.kill('SIGTERM')
      await ended
    }
    rmSync(folder, { recursive: true })
  }
  for (let i = 0; i < TRIES; i++) {
    const { status, stderr } = spawnSync('srun', ['-n', '1', 'true'], { encoding: 'utf8', timeout: 10_000 })
    if (status === 0) return stop
    if (i === TRIES - 1) {
      await stop()
      throw new Error(`Slurm does not start: ${stderr}`)
    }
    await setTimeout(500)
  }
  return stop
}

/** The same library, started by `srun`, which has to speak what it does. */
export function bySrun(family: Family): Family {
  const plugin = family.name === 'Open MPI' ? 'pmix' : 'pmi2'
  return { ...family, launcher: 'srun', options: [`--mpi=${plugin}`] }
}
