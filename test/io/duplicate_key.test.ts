import { describe, expect, it } from 'vitest'
import { duplicateKey } from '../../lib/io/duplicate_key.ts'

describe('duplicateKey', () => {
  it('finds a name that stands twice in one object', () => {
    expect(duplicateKey('{"a":1,"b":2,"a":3}')).toBe('a')
    expect(duplicateKey('{"x":{"b":[{"c":1, "c" :2}]}}')).toBe('c')
    expect(duplicateKey('{"":1,"":2}')).toBe('')
    expect(duplicateKey('{"a\\"":1,"a\\u0022":2}')).toBe('a"')
  })

  it('takes no value, and no name of another object, for a repeat', () => {
    expect(duplicateKey('{"a":"a","b":["a","a"],"c":{"a":1}}')).toBeNull()
    expect(duplicateKey('[{"a":1},{"a":2}]')).toBeNull()
    expect(duplicateKey('{"a":["{\\"b\\":1,\\"b\\":2}"],"b":",","c":"\\\\"}')).toBeNull()
    expect(duplicateKey('{}')).toBeNull()
  })
})
