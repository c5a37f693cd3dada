import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Family } from '../families.ts'
import type { Check } from '../main.ts'

const program = fileURLToPath(new URL('../programs/data_parallel.mjs', import.meta.url))
const HOSTS = { first: '10.77.0.1', second: '10.77.0.2' }
const NETWORK = '10.77.0.0/24'
/** Names with the number of this process, so that two of them do not meet. */
const [FIRST, SECOND] = ['a', 'b'].map((end) => `strided${end}${process.pid}`)
const [VETH_A, VETH_B] = ['a', 'b'].map((end) => `v${end}${process.pid}`)

const ip = (...words: string[]): boolean => spawnSync('ip', words).status === 0

/** Two networks of one machine with a wire between them, which only root may make. */
function connect(): boolean {
  return (
    ip('netns', 'add', FIRST) &&
    ip('netns', 'add', SECOND) &&
    ip('link', 'add', VETH_A, 'netns', FIRST, 'type', 'veth', 'peer', 'name', VETH_B, 'netns', SECOND) &&
    ip('-n', FIRST, 'addr', 'add', `${HOSTS.first}/24`, 'dev', VETH_A) &&
    ip('-n', SECOND, 'addr', 'add', `${HOSTS.second}/24`, 'dev', VETH_B) &&
    [
      [FIRST, VETH_A],
      [SECOND, VETH_B],
    ].every(([space, veth]) => ip('-n', space, 'link', 'set', 'lo', 'up') && ip('-n', space, 'link', 'set', veth, 'up'))
  )
}

/** What takes the place of ssh: runs a command on a host, `agent [options] HOST COMMAND...`. */
const agent = `#!/bin/bash
while [[ $1 == -* ]]; do shift; done
host=$1
shift
space=${SECOND}
if [ "$host" = ${HOSTS.first} ]; then space=${FIRST}; fi
exec ip netns exec "$space" bash -c "$*"
`

/** The launcher's options for two hosts that it reaches through the agent, over TCP alone. */
function options({ name }: Family, script: string): string[] {
  const hosts = `${HOSTS.first},${HOSTS.second}`
  if (name === 'MPICH')
    return ['-launcher', 'ssh', '-launcher-exec', script, '-localhost', HOSTS.first, '-hosts', hosts]
  const parameters = {
    plm_rsh_agent: script,
    pml: 'ob1',
    btl: 'tcp,self',
    btl_tcp_if_include: NETWORK,
    oob_tcp_if_include: NETWORK,
  }
  return [...Object.entries(parameters).flatMap(([key, value]) => ['--mca', key, value]), '--host', hosts]
}

/** Two ranks on hosts with addresses of their own, where the machine allows network namespaces. */
export async function checkNamespaces(family: Family, check: Check): Promise<void> {
  const run = (): void => {
    const folder = mkdtempSync(join(tmpdir(), 'strided-mpi-'))
    try {
      if (!connect()) {
        process.stdout.write('skipped: this machine does not let us make network namespaces\n')
        return
      }
      const script = join(folder, 'agent')
      writeFileSync(script, agent, { mode: 0o755 })
      const args = [...family.options, ...options(family, script), '-n', '2', process.execPath, program]
      const env = { ...process.env, NODE_OPTIONS: '', STRIDED_NUM_THREADS: '1' }
      const { stdout, stderr } = spawnSync('ip', ['netns', 'exec', FIRST, family.launcher, ...args], {
        encoding: 'utf8',
        env,
        timeout: 60_000,
      })
      assert.match(stdout, /^data_parallel ok, 2 ranks/m, stderr)
    } finally {
      for (const space of [FIRST, SECOND]) ip('netns', 'del', space)
      rmSync(folder, { recursive: true })
    }
  }
  await check(`${family.name}: data_parallel on two hosts`, run, true)
}
