import type { Session } from './session.ts'

// The limit is what the machine can do, so the best sample counts, not the middle one. Suites measure it at their begin
// and at their end, as a busy moment would make everybody look good.
async function best(session: Session, setup: object, work: 'flops' | 'bytes'): Promise<number | null> {
  const child = session.roofline?.child
  if (child === undefined) return null
  const slot = 'limit'
  const timeoutMs = 30_000
  const reply = await child.request({ cmd: 'setup', slot, threads: session.threads, ...setup }, timeoutMs)
  await child.request({ cmd: 'warm', slot, ms: session.limits.warmMs }, timeoutMs)
  const { samples } = await child.request({ cmd: 'run', slot, ms: 2 * session.limits.sliceMs }, timeoutMs)
  await child.request({ cmd: 'clear', slot }, timeoutMs)
  return (reply[work] as number) / Math.min(...(samples as number[])) / 1e6
}

/** GFLOP/s of multiply-adds from registers, on the threads and with the instruction set of the session. */
export function measureFma(session: Session): Promise<number | null> {
  return best(session, { kind: 'fma', isa: session.isa }, 'flops')
}

/** GB/s of the triad `a = b + s · c` over arrays far larger than the caches. */
export function measureTriad(session: Session): Promise<number | null> {
  return best(session, { kind: 'triad' }, 'bytes')
}
