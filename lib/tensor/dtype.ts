import type { AnyArray, DType } from '../reference/types.ts'

export type { AnyArray, DType } from '../reference/types.ts'

/** The typed array that holds each element type. */
export interface ArrayOf {
  float32: Float32Array
  int32: Int32Array
  uint8: Uint8Array
  int64: BigInt64Array
}

/** Bytes of one element. */
export function itemSize(dtype: DType): 1 | 4 | 8 {
  return dtype === 'uint8' ? 1 : dtype === 'int64' ? 8 : 4
}

/** A zeroed typed array of `length` elements. */
export function newArray<D extends DType>(dtype: D, length: number): ArrayOf[D]
export function newArray(dtype: DType, length: number): AnyArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(length)
    case 'int32':
      return new Int32Array(length)
    case 'uint8':
      return new Uint8Array(length)
    case 'int64':
      return new BigInt64Array(length)
  }
}

const RANK: Record<DType, number> = { uint8: 0, int32: 1, int64: 2, float32: 3 }

/** Whether a value names an element type. */
export function isDType(value: unknown): value is DType {
  return typeof value === 'string' && Object.hasOwn(RANK, value)
}

/** The type that holds the result of combining two: uint8 < int32 < int64 < float32. */
export function promote(a: DType, b: DType): DType {
  return RANK[a] >= RANK[b] ? a : b
}
