/** Something that can be timed in short slices. */
export interface Entrant {
  name: string
  /** Runs for at least `ms` milliseconds and returns the time of each repetition in milliseconds. */
  run(ms: number): Promise<readonly number[]>
}

/** How long and how often each entrant runs. */
export interface Plan {
  /** Milliseconds that one entrant runs before it is the next one's turn. */
  sliceMs: number
  rounds: number
  /** Pause between two slices, in which the threads of the last entrant stop waiting for work. */
  pauseMs: number
}

/** The middle value; the mean of the two middle ones for an even count, NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]
  return sorted.length === 0 ? Number.NaN : (sorted[middle - 1] + sorted[middle]) / 2
}

/** `exp(mean(log(value)))`, the mean of ratios; NaN for none. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}

/**
 * Whose turn it is in each round. Every round starts one place further, so that nobody always runs behind the same
 * neighbour, whose heat and cache lines it would inherit.
 */
export function turns(entrants: number, rounds: number): number[][] {
  return Array.from({ length: rounds }, (_, round) =>
    Array.from({ length: entrants }, (_, place) => (round + place) % entrants),
  )
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/**
 * Lets the entrants run by turns, so that a change of the machine's speed meets all of them alike.
 *
 * @returns the median time of a repetition over all slices for each entrant, in their order
 */
export async function interleave(entrants: readonly Entrant[], plan: Plan): Promise<number[]> {
  const samples: number[][] = entrants.map(() => [])
  for (const round of turns(entrants.length, plan.rounds)) {
    for (const turn of round) {
      samples[turn].push(...(await entrants[turn].run(plan.sliceMs)))
      await pause(plan.pauseMs)
    }
  }
  return samples.map(median)
}
