// Data sets that the tests of loaders have made again in worker threads.
import { tensor } from 'strided'

/** Yields the index, a number of the sample's stream, and a tensor that does not lie row by row; fails where it is told to. */
export class Drawing {
  constructor(length, { fails = -1, exits = -1, slow = 0 } = {}) {
    this.length = length
    this.options = { fails, exits, slow }
  }

  getBatch(indices, context) {
    const { fails, exits, slow } = this.options
    if (indices.includes(exits)) process.exit(3)
    if (indices.includes(fails)) throw new RangeError(`cannot read sample ${fails}`, { cause: new Error('the disk') })
    if (slow > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, slow)
    const draws = Float32Array.from(indices, (_, i) => context.generator(i).uniform())
    const rows = tensor(Float32Array.from({ length: 6 * indices.length }, (_, i) => i + indices[0]))
    return [tensor(indices), tensor(draws), rows.reshape([indices.length, 3, 2]).transpose(1, 2)]
  }

  recipe() {
    return { module: import.meta.url, export: 'Drawing', args: [this.length, this.options] }
  }
}

/** A data set that cannot be made again. */
export function broken() {
  throw new Error('no such folder')
}
