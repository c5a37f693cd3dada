// Runs an example by its name; without a name it lists them.
//
//   npm run example [NAME [ARGUMENTS]]
import { readdirSync, readFileSync } from 'node:fs'
import { writeFigure } from './figure.ts'
import type { Lesson } from './lesson.ts'

const folder = new URL('../', import.meta.url)
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort()

/** The first line of an example's own comment. */
const about = (name: string): string =>
  readFileSync(new URL(`${name}.ts`, folder), 'utf8')
    .split('\n', 1)[0]
    .slice(3)

const [name] = process.argv.splice(2, 1)
if (name === undefined) {
  const width = Math.max(...names.map((one) => one.length))
  console.log(names.map((one) => `${one.padEnd(width)}  ${about(one)}`).join('\n'))
} else if (!names.includes(name)) {
  console.error(`example: expected one of ${names.join(', ')}, got ${name}`)
  process.exitCode = 2
} else {
  // An example without `run` is a plain script: to import it is to run it, with the arguments behind its name.
  const { run } = (await import(`${folder.href}${name}.ts`)) as { run?: () => Lesson | Promise<Lesson> }
  if (run !== undefined) {
    const { sentence, figure } = await run()
    const path = `runs/${name}.svg`
    writeFigure(path, figure)
    console.log(`${sentence} (${path})`)
  }
}
