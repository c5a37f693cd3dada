/**
 * Visits every index of `shape` in row-major order and hands `visit` the flat position of that index under each of the
 * given strides. A shape without dimensions has one index; one with a 0 has none.
 */
export function stridedWalk(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (positions: readonly number[]) => void,
): void {
  const positions = strides.map(() => 0)
  const descend = (dim: number): void => {
    if (dim === shape.length) {
      visit(positions)
      return
    }
    for (let i = 0; i < shape[dim]; i++) {
      descend(dim + 1)
      for (let s = 0; s < strides.length; s++) positions[s] += strides[s][dim]
    }
    for (let s = 0; s < strides.length; s++) positions[s] -= shape[dim] * strides[s][dim]
  }
  descend(0)
}
