import { describe, expect, it } from 'vitest'
import { memory, RangeError, ShapeError, tensor, zeros } from '../../lib/index.ts'

/** An array over memory that can change its size; the types of this language version know of no such memory. */
function resizable(bytes: number, most: number): ArrayBuffer & { resize(bytes: number): void } {
  return new (ArrayBuffer as unknown as new (n: number, o: object) => ArrayBuffer & { resize(bytes: number): void })(
    bytes,
    { maxByteLength: most },
  )
}

describe('an array buffer', () => {
  it('that was detached before is empty', () => {
    const data = new Float32Array([1, 2, 3])
    structuredClone(data.buffer, { transfer: [data.buffer] })
    expect(tensor(data).shape).toEqual([0])
    expect(() => tensor(data, { shape: [3] })).toThrow(ShapeError)
  })

  it('that a getter detaches while it is read is refused, and nothing is kept', () => {
    const before = memory().storages
    for (const dtype of ['float32', 'int32'] as const) {
      const data = new Float32Array([1, 2, 3])
      const options = {
        get dtype(): 'float32' | 'int32' {
          if (data.length > 0) structuredClone(data.buffer, { transfer: [data.buffer] })
          return dtype
        },
      }
      expect(() => tensor(data, options)).toThrow('tensor: expected 3 elements for shape [3], got an array of 0')
    }
    expect(memory().storages).toBe(before)
  })

  it('that a getter resizes while it is read is refused', () => {
    const buffer = resizable(16, 64)
    const data = new Float32Array(buffer)
    const resize = (bytes: number) => ({
      get dtype(): 'float32' {
        buffer.resize(bytes)
        return 'float32'
      },
    })
    expect(() => tensor(data, resize(64))).toThrow('tensor: expected 4 elements for shape [4], got an array of 16')
    expect(() => tensor(data, resize(8))).toThrow('tensor: expected 16 elements for shape [16], got an array of 2')
    const shrink = {
      get shape(): number[] {
        buffer.resize(4)
        return [2]
      },
    }
    expect(() => tensor(data, shrink)).toThrow(ShapeError)
  })

  it('that changes its size afterwards changes no tensor', () => {
    const buffer = resizable(16, 64)
    const data = new Float32Array(buffer).fill(3)
    const made = tensor(data)
    buffer.resize(0)
    expect(made.toArray()).toEqual([3, 3, 3, 3])
  })

  it('that is shared and written meanwhile gives values that stood there, and none beyond its end', () => {
    const data = new Float32Array(new SharedArrayBuffer(4096)).fill(1)
    const made = tensor(data)
    data.fill(2)
    expect(made.sum().item()).toBe(1024)
  })

  it('that was read from a tensor is a copy', () => {
    const made = zeros([2])
    made.toTypedArray().reverse()[0] = 9
    expect(made.toArray()).toEqual([0, 0])
  })
})

describe('sizes', () => {
  const cases: [string, unknown][] = [
    ['NaN', [Number.NaN]],
    ['Infinity', [Number.POSITIVE_INFINITY]],
    ['−1', [-1]],
    ['1.5', [1.5]],
    ['2^53', [2 ** 53]],
    ['a string', ['3']],
    ['a bigint', [3n]],
    ['null', [null]],
    ['an object', [{ valueOf: () => 3 }]],
  ]
  it.each(cases)('with %s are refused', (_, shape) => {
    const before = memory()
    expect(() => zeros(shape as number[])).toThrow(ShapeError)
    expect(memory()).toEqual(before)
  })

  it('whose product no memory holds are refused', () => {
    const before = memory().storages
    for (const shape of [
      [2 ** 40, 2 ** 40],
      [2 ** 31, 2],
      [2 ** 52, 2 ** 52, 2 ** 52],
    ]) {
      expect(() => zeros(shape)).toThrow()
    }
    expect(memory().storages).toBe(before)
  })

  it('that a proxy changes from one look to the next do no harm', () => {
    let looks = 0
    const shape = new Proxy([2, 3], {
      get: (target, name) => (name === '0' ? ++looks : Reflect.get(target, name)),
    })
    const made = zeros(shape)
    expect(made.toTypedArray().length).toBe(made.size)
    expect(made.shape.reduce((a, b) => a * b)).toBe(made.size)
  })
})

it('an index that is no number is refused by name', () => {
  expect(() => zeros([3]).select(0, Number.NaN)).toThrow(RangeError)
})
