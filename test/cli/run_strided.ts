import { vi } from 'vitest'
import { strided } from '../../lib/cli/strided.ts'

/** Runs the command line in this process and gives its exit code and what it printed. */
export async function runStrided(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      printed[name] += String(text)
      return true
    }),
  )
  try {
    return { code: await strided(argv), ...printed }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
