import { cpus } from 'node:os'
import { backend } from '../kernels/select.ts'
import { version } from '../util/version.ts'
import { print, printJson, shared, type Task, useThreads } from './task.ts'

/** What a report of a problem should begin with. */
export const infoCommand: Task = {
  summary: 'say what computes here: CPU, instruction sets, threads, versions',
  synopsis: '[options]',
  about: 'Says what computes here: processor, instruction sets, threads, backend and versions.',
  options: shared,
  positionals: [0, 0],
  async perform(parsed) {
    useThreads(parsed)
    const { isa, isas, threads, backend: name } = backend().info()
    const info = {
      strided: version,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      backend: name,
      isa,
      isas,
      threads,
    }
    if (parsed.values.json) printJson(info)
    else
      for (const [key, value] of Object.entries(info)) print(`${key.padEnd(10)}${String(value).replaceAll(',', ', ')}`)
    return 0
  },
}
