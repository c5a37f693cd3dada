import { main } from './train_command.ts'

process.exitCode = await main(process.argv.slice(2))
