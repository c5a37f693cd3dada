import type { Floats } from './types.ts'

/** `output[i] = value`. */
export function fill(size: number, value: number, output: Floats): void {
  for (let i = 0; i < size; i++) output[i] = value
}
