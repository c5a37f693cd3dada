// The API reference, from the comments in lib/, in build-docs/: npm run docs [-- --check]
// Fails when an exported function, class or constant has no comment, or a link in a comment leads nowhere. With --check
// nothing is written.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Application, type DeclarationReflection, ReflectionKind } from 'typedoc'
import { root } from './targets.ts'

const { values } = parseArgs({ options: { check: { type: 'boolean' } } })
const EXPORTS = ReflectionKind.Function | ReflectionKind.Class | ReflectionKind.Variable | ReflectionKind.Enum

/** Whether an export has a comment, at its declaration or at one of its signatures. */
function documented(reflection: DeclarationReflection): boolean {
  const places = [reflection, ...(reflection.signatures ?? [])]
  return places.some((place) => place.comment?.hasVisibleComponent() === true)
}

const app = await Application.bootstrapWithPlugins({ options: join(root, 'typedoc.json') })
const project = await app.convert()
if (project === undefined) throw new Error('TypeDoc could not read the sources')
app.validate(project)
const exported = project.getReflectionsByKind(EXPORTS) as DeclarationReflection[]
const bare = exported.filter((reflection) => !documented(reflection))
for (const reflection of bare) console.error(`${reflection.getFullName()} has no comment`)
const { warningCount, errorCount } = app.logger
if (!values.check) await app.generateDocs(project, join(root, 'build-docs'))
console.log(
  `${exported.length} functions, classes and constants; ${bare.length} without a comment, ${warningCount} warnings`,
)
process.exitCode = bare.length + warningCount + errorCount > 0 ? 1 : 0
