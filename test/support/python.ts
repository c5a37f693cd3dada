import { spawnSync } from 'node:child_process'

/** Runs a Python program and returns what it printed. */
export function python(program: string, args: readonly string[] = []): string {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', program, ...args], {
    encoding: 'utf8',
    env: pythonEnv,
  })
  if (status !== 0) throw new Error(`python3 failed: ${stderr}`)
  return stdout
}

// The system's own interpreter, which has the system's packages, before any other.
const pythonEnv = { ...process.env, PATH: `/usr/bin:${process.env.PATH ?? ''}`, OMP_NUM_THREADS: '1' }

/** Whether Python can import all of these. */
export function pythonHas(...modules: readonly string[]): boolean {
  const run = spawnSync('python3', ['-c', `import ${modules.join(', ')}`], { env: pythonEnv })
  return run.status === 0
}
