// The API reference, from the comments in lib/, in build-docs/: npm run docs [-- --check]
// Fails when an export has no comment, or a member of an exported interface, or a link in a comment leads nowhere. With
// --check nothing is written.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Application, type DeclarationReflection, ReflectionKind } from 'typedoc'
import { root } from './targets.ts'

const { values } = parseArgs({ options: { check: { type: 'boolean' } } })
const { Function, Class, Variable, Enum, Interface, TypeAlias, Property, Method } = ReflectionKind
const EXPORTS = Function | Class | Variable | Enum | Interface | TypeAlias

/** Whether there is a comment, at the declaration or at one of its signatures. */
function documented(reflection: DeclarationReflection): boolean {
  const places = [reflection, ...(reflection.signatures ?? [])]
  return places.some((place) => place.comment?.hasVisibleComponent() === true)
}

/**
 * Whether a member says by itself what it is. Not asked are members that a protocol names, such as `[inspect.custom]`, and
 * those of the reference's problems, which are letters of the formula above them.
 */
function explained(member: DeclarationReflection): boolean {
  if (member.parent?.kindOf(Interface) !== true || member.name.startsWith('[')) return true
  return member.getFullName().startsWith('reference.') || documented(member)
}

const app = await Application.bootstrapWithPlugins({ options: join(root, 'typedoc.json') })
const project = await app.convert()
if (project === undefined) throw new Error('TypeDoc could not read the sources')
app.validate(project)
const exported = project.getReflectionsByKind(EXPORTS) as DeclarationReflection[]
const members = project.getReflectionsByKind(Property | Method) as DeclarationReflection[]
const bare = [...exported.filter((one) => !documented(one)), ...members.filter((one) => !explained(one))]
for (const reflection of bare) console.error(`${reflection.getFullName()} has no comment`)
const { warningCount, errorCount } = app.logger
if (!values.check) await app.generateDocs(project, join(root, 'build-docs'))
console.log(
  `${exported.length} exports, ${members.length} members; ${bare.length} without a comment, ${warningCount} warnings`,
)
process.exitCode = bare.length + warningCount + errorCount > 0 ? 1 : 0
