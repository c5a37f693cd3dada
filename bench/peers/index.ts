import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bound, Child, type Command, type Reply } from '../child.ts'

const folder = dirname(fileURLToPath(import.meta.url))
const built = join(folder, '..', '..', '.cache', 'bench')

/** How many threads, on which CPUs, with which instruction set; empty for the best. */
export interface Settings {
  threads: number
  cpus: number[] | null
  isa: string
}

/** A peer that can be started, or the reason why it cannot. */
export type Found = { command: Command } | { missing: string }

/** Runs a TypeScript file with the Node that runs this one. */
function nodeCommand(file: string, env: Record<string, string>): Command {
  return { command: process.execPath, args: ['--import', import.meta.resolve('tsx'), join(folder, file)], env }
}

/** Our own side. */
export function stridedCommand({ threads, isa }: Settings): Command {
  return nodeCommand('strided.ts', { STRIDED_NUM_THREADS: String(threads), STRIDED_ISA: isa })
}

/** Looks for PyTorch in the system's Python first, where Debian's package is, then in the first one of the path. */
export function findPytorch({ threads }: Settings, pythons = ['/usr/bin/python3', 'python3']): Found {
  const python = pythons.find((one) => spawnSync(one, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0)
  if (python === undefined) return { missing: 'apt-get install python3-torch libopenblas0-pthread' }
  const count = String(threads)
  const env = { OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count, MKL_NUM_THREADS: count }
  const args = [join(folder, 'pytorch.py')]
  return { command: { command: python, args, env: { ...env, PYTHONDONTWRITEBYTECODE: '1' } } }
}

// scalar is below what oneDNN can be limited to.
const DNNL_ISA: Record<string, string> = { scalar: 'SSE41', avx2: 'AVX2', avx512: 'ALL', '': 'ALL' }

/** Builds the program around oneDNN where its header is. */
export function findOnednn({ threads, isa }: Settings): Found {
  const env = { OMP_NUM_THREADS: String(threads), DNNL_MAX_CPU_ISA: DNNL_ISA[isa] }
  return findProgram('onednn', ['-O2'], ['-ldnnl'], env, 'oneapi/dnnl/dnnl.hpp', 'apt-get install libdnnl-dev')
}

/** Builds the program that measures the machine's limits. */
export function findRoofline(): Found {
  return findProgram('roofline', ['-O3'], ['-pthread'], {}, 'immintrin.h', 'it is written for x86-64')
}

/** tfjs on its pure JavaScript backend, which has one thread. */
export function findTfjs(): Found {
  try {
    import.meta.resolve('@tensorflow/tfjs')
  } catch {
    return { missing: 'npm install, with development dependencies' }
  }
  return { command: nodeCommand('tfjs.ts', {}) }
}

/** Compiles `name`.cc when its header is there and the program is not, or is older than its sources. */
function findProgram(
  name: string,
  flags: string[],
  libraries: string[],
  env: Record<string, string>,
  header: string,
  remedy: string,
): Found {
  const probe = spawnSync('g++', ['-x', 'c++', '-fsyntax-only', '-'], { input: `#include <${header}>\n` })
  if (probe.error) return { missing: 'apt-get install g++' }
  if (probe.status !== 0) return { missing: remedy }
  const program = join(built, name)
  const sources = [`${name}.cc`, 'protocol.h'].map((file) => join(folder, file))
  const newest = Math.max(...sources.map((file) => statSync(file).mtimeMs))
  if (!existsSync(program) || statSync(program).mtimeMs < newest) {
    mkdirSync(built, { recursive: true })
    const args = ['-std=c++20', ...flags, sources[0], ...libraries, '-o', program]
    const result = spawnSync('g++', args, { encoding: 'utf8' })
    const [reason] = result.stderr.split('\n').filter((line) => /error|cannot find/.test(line))
    if (result.status !== 0) return { missing: `it does not build: ${reason ?? result.stderr}` }
  }
  return { command: { command: program, args: [], env } }
}

/** A peer that takes part. */
export interface Peer {
  child: Child
  hello: Reply
}

// A Python that imports PyTorch for the first time reads half a gigabyte.
const START_MS = 120_000

/**
 * Starts a peer on its CPUs.
 *
 * @returns the peer, or the reason why it is missing
 */
export async function start(found: Found, { cpus }: Settings): Promise<Peer | string> {
  if ('missing' in found) return `missing (${found.missing})`
  const child = new Child(bound(found.command, cpus))
  try {
    return { child, hello: await child.request({ cmd: 'hello' }, START_MS) }
  } catch (error) {
    child.close()
    return `missing (${(error as Error).message})`
  }
}
