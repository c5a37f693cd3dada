/** Where a reference kernel reads and writes real numbers; Float64Array serves the derivative checks. */
export type Floats = Float32Array | Float64Array

/** Any array a tensor can live in. */
export type AnyArray = Floats | Int32Array | Uint8Array | BigInt64Array

/** Element types of tensors; `uint8` doubles as boolean, 0 or 1. */
export type DType = 'float32' | 'int32' | 'uint8' | 'int64'
