import type { MpiJob } from '../kernels/message_passing.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { messages, speaking } from './world.ts'

/** What a job is unless it is said. */
const PLAIN = { op: 'sum', root: 0 } as const

/** Runs a collective operation over the memory of `data`, as it lies there, to its end. */
export function runJob(
  op: string,
  job: Pick<MpiJob, 'kind'> & Partial<MpiJob>,
  data: Tensor | null,
  receive: Tensor | null = null,
): void {
  const whole: MpiJob = { ...PLAIN, count: data?.size ?? 0, dtype: data?.dtype ?? 'float32', ...job }
  speaking(op, () => messages().run(whole, data?.buffer(op) ?? null, receive?.buffer(op) ?? null))
}

/** Begins one in the communication thread; `data` has to stay alive until {@link waitForJob}. */
export function submitJob(op: string, job: Pick<MpiJob, 'kind'> & Partial<MpiJob>, data: Tensor): number {
  const whole: MpiJob = { ...PLAIN, count: data.size, dtype: data.dtype, ...job }
  return speaking(op, () => messages().submit(whole, data.buffer(op)))
}

/** Waits until a job that was begun, and all before it, are done. */
export function waitForJob(op: string, job: number): void {
  speaking(op, () => messages().wait(job))
}
