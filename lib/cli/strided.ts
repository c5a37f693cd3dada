import { StridedError } from '../util/errors.ts'
import { type Command, helpOf, type Parsed, parse } from './args.ts'
import { crosscheckCommand } from './crosscheck/command.ts'
import { evalCommand } from './eval_command.ts'
import { exportCommand } from './export_command.ts'
import { infoCommand } from './info_command.ts'
import { predictCommand } from './predict_command.ts'
import { summaryCommand } from './summary_command.ts'
import type { Task } from './task.ts'
import { trainCommand } from './train_command.ts'

/** A task as a command: help, one line on stderr for what cannot be used. */
function commandOf(name: string, task: Task): Command {
  return {
    ...task,
    async run(argv) {
      try {
        const parsed: Parsed = parse(argv, task.options, task.positionals)
        if (!parsed.help) return await task.perform(parsed)
        process.stdout.write(helpOf(`strided ${name}`, task))
        return 0
      } catch (error) {
        if (!(error instanceof StridedError)) throw error
        process.stderr.write(`${name}: ${error.message.replace(/\s+/g, ' ')}\n`)
        return 2
      }
    },
  }
}

/** The commands by name. */
export const commands: Readonly<Record<string, Command>> = {
  train: trainCommand,
  eval: commandOf('eval', evalCommand),
  predict: commandOf('predict', predictCommand),
  summary: commandOf('summary', summaryCommand),
  export: commandOf('export', exportCommand),
  info: commandOf('info', infoCommand),
  crosscheck: commandOf('crosscheck', crosscheckCommand),
}

function overview(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
  return `Usage: strided COMMAND [options]\n\n${lines.join('\n')}\n\nstrided COMMAND --help tells more.\n`
}

/**
 * The command line: runs the command that the first argument names.
 *
 * @returns the exit code: that of the command, or 2 when there is no such one.
 */
export async function strided(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === 'help') {
    const output = name === undefined ? process.stderr : process.stdout
    output.write(overview())
    return name === undefined ? 2 : 0
  }
  if (!Object.hasOwn(commands, name)) {
    const expected = Object.keys(commands).join(', ')
    process.stderr.write(`strided: expected a command among ${expected}, got ${JSON.stringify(name)}\n`)
    return 2
  }
  return commands[name].run(rest)
}
