import { expect, it } from 'vitest'
import { gatherRows } from '../../lib/reference/index.ts'

const problem = { rows: 2, sourceRows: 3, rowBytes: 4 }

it('gathers rows of any element type', () => {
  const output = new Float32Array(2)
  gatherRows(problem, Float32Array.of(1, 2, 3), Int32Array.of(2, 0), output)
  expect(output).toEqual(Float32Array.of(3, 1))
})

it('refuses an index outside the source and writes nothing', () => {
  const output = new Float32Array(2)
  const gather =
    (...indices: number[]) =>
    () =>
      gatherRows(problem, Float32Array.of(1, 2, 3), Int32Array.of(...indices), output)
  expect(gather(1, 3)).toThrow('gather_rows: expected indices in [0, 3), got 3 at position 1')
  expect(gather(-1, 0)).toThrow('gather_rows: expected indices in [0, 3), got -1 at position 0')
  expect(output).toEqual(Float32Array.of(0, 0))
})
