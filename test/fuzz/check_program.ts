import type { Backend, ConvPrecision } from '../../lib/kernels/backend.ts'
import { createNativeBackend } from '../../lib/kernels/native.ts'
import { createReferenceBackend } from '../../lib/kernels/reference_backend.ts'
import { differences, otherBits } from './compare.ts'
import type { Program } from './program.ts'
import { runProgram } from './run_program.ts'

/** A way to run programs natively. */
interface Variant {
  name: string
  backend: Backend
  threads: number
}

const PRECISIONS: readonly ConvPrecision[] = ['fast', 'medium', 'strict']

/** Every instruction set with memory from the pool, or with guard pages before or after each block. */
function makeVariants(): Variant[] {
  return createNativeBackend()
    .info()
    .isas.flatMap((isa, i) =>
      ([undefined, 'before', 'after'] as const).map((guard, j) => {
        const backend = createNativeBackend({ isa, guard })
        const precision = PRECISIONS[(i + j) % 3]
        backend.setConvPrecision(precision)
        const where = guard === undefined ? '' : ` with a guard page ${guard}`
        return { name: `${isa} ${precision}${where}`, backend, threads: 2 + ((i + j) % 2) }
      }),
    )
}

let variants: Variant[] | null = null
let reference: Backend | null = null

/** How a program went: `done`, or `refused` with an error of the library. */
export type Verdict = 'done' | 'refused'

/**
 * Runs a program on the reference and on one native variant, with one thread and with several.
 *
 * @param pick chooses the variant; left out, all are tried
 * @throws {Error} saying what differs, or what was thrown that is no error of the library's
 */
export function checkProgram(program: Program, pick?: number): Verdict {
  variants ??= makeVariants()
  reference ??= createReferenceBackend()
  const want = runProgram(program, reference)
  const chosen = pick === undefined ? variants : [variants[pick % variants.length]]
  for (const { name, backend, threads } of chosen) {
    backend.setNumThreads(1)
    const got = runProgram(program, backend)
    const difference = differences(program, got, want, reference)
    if (difference !== '') throw new Error(`on ${name}: ${difference}`)
    backend.setNumThreads(threads)
    const other = otherBits(got, runProgram(program, backend))
    if (other !== '') throw new Error(`on ${name}, with 1 and with ${threads} threads: ${other}`)
  }
  return want.error === null ? 'done' : 'refused'
}
